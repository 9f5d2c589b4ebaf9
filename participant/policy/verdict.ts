import { type ErrorCode, nameList, sameSpelling } from '../../contract/index.js';
import type { Policy } from './policy-file.js';

export interface Refusal {
  readonly kind: 'refuse';
  readonly code: ErrorCode;
  /** One sentence that the submitter may read. */
  readonly detail: string;
  /** Field of the job spec to look at; empty when no field would help. */
  readonly field: string;
}

export function refuse(code: ErrorCode, detail: string, field: string): Refusal {
  return { kind: 'refuse', code, detail, field };
}

/** Who asks, through whom: the same for jobs of every mode. */
export interface Circumstances {
  /** The coordinator that relays the job, as pinned at enrolment; fingerprint as 64 lower-case hex digits. */
  readonly coordinator: { readonly name: string; readonly caFingerprint: string };
  readonly me: { readonly name: string; readonly organisation: string };
  /** Peers whose identity key and organisation are pinned here, by name. */
  readonly pinned: ReadonlyMap<string, { readonly organisation: string }>;
  readonly nowMs: number;
}

/** Whatever the rules say: the coordinator must be listed, every peer pinned. */
export function strangersRefused(
  policy: Policy,
  { coordinator, pinned }: Circumstances,
  peers: readonly string[],
  field: string,
): Refusal | undefined {
  const listed = policy.coordinators.some(
    ({ name, caFingerprint }) => name === coordinator.name && caFingerprint === coordinator.caFingerprint,
  );
  if (!listed) return refuse('POLICY_COORDINATOR', `coordinator ${coordinator.name} is not listed`, '');
  const unpinned = peers.filter((peer) => !pinned.has(peer));
  if (unpinned.length > 0) return refuse('PEER_NOT_PINNED', `not pinned here: ${nameList(unpinned)}`, field);
  return undefined;
}

/** One thing a rule may forbid. */
export type Check<Rule, Request> = (rule: Rule, request: Request) => Refusal | undefined;

/** The rule that decides, or the reason of the one that came furthest. */
export type Verdict<Rule> = { readonly kind: 'approve' | 'ask'; readonly rule: Rule } | Refusal;

interface Deciding {
  readonly name: string;
  readonly approval: 'automatic' | 'manual';
}

/** A rule that allows everything asked for is enough, and an automatic one decides before a manual one. */
export function walkRules<Rule extends Deciding, Request>(
  rules: readonly Rule[],
  checks: readonly Check<Rule, Request>[],
  request: Request,
): Verdict<Rule> {
  const verdicts = rules.map((rule) => ({ rule, ...walkChecks(rule, checks, request) }));
  const allowing = verdicts.filter((verdict) => verdict.refusal === undefined);
  const automatic = allowing.find(({ rule }) => rule.approval === 'automatic');
  if (automatic) return { kind: 'approve', rule: automatic.rule };
  if (allowing[0]) return { kind: 'ask', rule: allowing[0].rule };
  const furthest = verdicts.reduce<(typeof verdicts)[number] | undefined>(
    (best, each) => (best === undefined || each.passed > best.passed ? each : best),
    undefined,
  );
  return furthest?.refusal ?? refuse('POLICY_REFUSED', 'the policy has no rule', '');
}

function walkChecks<Rule, Request>(rule: Rule, checks: readonly Check<Rule, Request>[], request: Request) {
  for (const [passed, check] of checks.entries()) {
    const refusal = check(rule, request);
    if (refusal) return { passed, refusal };
  }
  return { passed: checks.length, refusal: undefined };
}

export function allows(allowed: '*' | readonly string[], value: string): boolean {
  return allowed === '*' || allowed.includes(value);
}

interface SaysWho {
  readonly peers?: '*' | readonly string[] | undefined;
  readonly organisations?: readonly string[] | undefined;
}

/** POLICY_PEER for those whom the rule names neither by name nor by organisation. */
export function peersRefused(
  rule: SaysWho,
  { pinned }: Circumstances,
  peers: readonly string[],
  field: string,
): Refusal | undefined {
  const allowed = (peer: string) => {
    if (rule.peers !== undefined && allows(rule.peers, peer)) return true;
    const organisation = pinned.get(peer)?.organisation;
    if (organisation === undefined) return false;
    return (rule.organisations ?? []).some((each) => sameSpelling(each) === sameSpelling(organisation));
  };
  const strangers = peers.filter((peer) => !allowed(peer));
  return strangers.length === 0
    ? undefined
    : refuse('POLICY_PEER', `not allowed as peers: ${nameList(strangers)}`, field);
}

export function featuresRefused(
  { features, except }: { readonly features: '*' | readonly string[]; readonly except: readonly string[] },
  asked: readonly string[],
  field: string,
): Refusal | undefined {
  const withheld = asked.filter((feature) => !allows(features, feature) || except.includes(feature));
  return withheld.length === 0
    ? undefined
    : refuse('POLICY_FEATURE', `withheld: ${nameList(withheld)}`, field);
}

export function releaseRefused(
  { release }: { readonly release: '*' | readonly string[] },
  asked: readonly string[],
): Refusal | undefined {
  const kept = asked.filter((metric) => !allows(release, metric));
  return kept.length === 0
    ? undefined
    : refuse('POLICY_RELEASE', `kept inside: ${nameList(kept)}`, 'release');
}

const dayMs = 86_400_000;

/** A rule holds through its last day. */
export function expiryRefused(
  { expires }: { readonly expires?: string | undefined },
  { nowMs }: Circumstances,
): Refusal | undefined {
  return expires === undefined || nowMs < Date.parse(expires) + dayMs
    ? undefined
    : refuse('POLICY_REFUSED', `the permission ended on ${expires}`, '');
}
