import { type ErrorCode, type JobSpec, minimumContributors, nameList } from '../../contract/index.js';
import type { Policy, PolicyRule } from './policy-file.js';

/** A job as it asks for this participant's consent. */
export interface PolicyRequest {
  readonly spec: JobSpec;
  /** The coordinator that relays the job, as pinned at enrolment; fingerprint as 64 lower-case hex digits. */
  readonly coordinator: { readonly name: string; readonly caFingerprint: string };
  readonly me: { readonly name: string; readonly organisation: string };
  /** Peers whose identity key and organisation are pinned here, by name. */
  readonly pinned: ReadonlyMap<string, { readonly organisation: string }>;
  /** Own training rows for this job. */
  readonly rows: number;
  readonly nowMs: number;
}

export type PolicyDecision =
  | { readonly kind: 'approve'; readonly rule: string }
  /** A rule allows the job, but a person has the last word. */
  | { readonly kind: 'ask'; readonly rule: string }
  | Refusal;

export interface Refusal {
  readonly kind: 'refuse';
  readonly code: ErrorCode;
  /** One sentence that the submitter may read. */
  readonly detail: string;
  /** Field of the job spec to look at; empty when no field would help. */
  readonly field: string;
}

/**
 * Default refuse. First what holds whatever the policy says (PROTOCOLS §0), then the rules: one that allows
 * everything the job asks for is enough, and an automatic one decides before a manual one. When none does,
 * the reason of the rule that came furthest is given.
 */
export function decide(policy: Policy, request: PolicyRequest): PolicyDecision {
  const refusal = alwaysRefused(policy, request);
  if (refusal) return refusal;
  const verdicts = policy.rules.map((rule) => ({ rule, ...walkChecks(rule, request) }));
  const allowing = verdicts.filter((verdict) => verdict.refusal === undefined);
  const automatic = allowing.find(({ rule }) => rule.approval === 'automatic');
  if (automatic) return { kind: 'approve', rule: automatic.rule.name };
  if (allowing[0]) return { kind: 'ask', rule: allowing[0].rule.name };
  const furthest = verdicts.reduce<(typeof verdicts)[number] | undefined>(
    (best, each) => (best === undefined || each.passed > best.passed ? each : best),
    undefined,
  );
  return furthest?.refusal ?? refuse('POLICY_REFUSED', 'the policy has no rule', '');
}

function alwaysRefused(policy: Policy, request: PolicyRequest): Refusal | undefined {
  const { spec, coordinator, me, pinned } = request;
  const participants: readonly string[] = spec.participants;
  if (!participants.includes(me.name)) {
    return refuse('POLICY_REFUSED', `the job does not name ${me.name}`, 'participants');
  }
  const listed = policy.coordinators.some(
    ({ name, caFingerprint }) => name === coordinator.name && caFingerprint === coordinator.caFingerprint,
  );
  if (!listed) return refuse('POLICY_COORDINATOR', `coordinator ${coordinator.name} is not listed`, '');
  const unpinned = peersOf(request).filter((peer) => !pinned.has(peer));
  if (unpinned.length > 0) {
    return refuse('PEER_NOT_PINNED', `not pinned here: ${nameList(unpinned)}`, 'participants');
  }
  const others = peersOf(request).map((peer) => sameSpelling(pinned.get(peer)!.organisation));
  const organisations = new Set([sameSpelling(me.organisation), ...others]);
  const needed = minimumContributors(spec.colluders);
  if (organisations.size < needed) {
    const detail = `${organisations.size} distinct organisations contribute; with colluders ${spec.colluders} at least ${needed} must, or each could read the others' part`;
    return refuse('SPEC_TOO_FEW_PARTIES', detail, 'participants');
  }
  const foreign = others.filter((each) => each !== sameSpelling(me.organisation));
  const largest = Math.max(...foreign.map((one) => foreign.filter((each) => each === one).length));
  if (largest > Math.max(1, spec.colluders)) {
    const detail = `one organisation has ${largest} participants, who count as colluding, but colluders is ${spec.colluders}`;
    return refuse('SPEC_TOO_FEW_PARTIES', detail, 'colluders');
  }
  return undefined;
}

type Check = (rule: PolicyRule, request: PolicyRequest) => Refusal | undefined;

/** In the order in which a person would look: what the job is about first, its size last. */
const checks: readonly Check[] = [
  ({ datasets }, { spec }) =>
    allows(datasets, spec.dataset)
      ? undefined
      : refuse('POLICY_DATASET', `dataset ${spec.dataset} is not released`, 'dataset'),
  ({ purposes }, { spec }) =>
    allows(purposes, spec.purpose)
      ? undefined
      : refuse('POLICY_PURPOSE', `purpose ${spec.purpose} is not allowed`, 'purpose'),
  (rule, request) => {
    const strangers = peersOf(request).filter((peer) => !allowsPeer(rule, request, peer));
    return strangers.length === 0
      ? undefined
      : refuse('POLICY_PEER', `not allowed as peers: ${nameList(strangers)}`, 'participants');
  },
  ({ algorithms }, { spec }) =>
    allows(algorithms, spec.algorithm.kind)
      ? undefined
      : refuse('POLICY_ALGORITHM', `algorithm ${spec.algorithm.kind} is not allowed`, 'algorithm.kind'),
  ({ models }, { spec }) =>
    allows(models, spec.model.kind)
      ? undefined
      : refuse('POLICY_ALGORITHM', `model kind ${spec.model.kind} is not allowed`, 'model.kind'),
  ({ features, except }, { spec }) => {
    const withheld = Object.keys(spec.features).filter(
      (feature) => !allows(features, feature) || except.includes(feature),
    );
    return withheld.length === 0
      ? undefined
      : refuse('POLICY_FEATURE', `withheld: ${nameList(withheld)}`, 'features');
  },
  ({ minimumCohort }, { spec }) =>
    spec.participants.length >= minimumCohort
      ? undefined
      : refuse('POLICY_COHORT', `at least ${minimumCohort} participants are asked for`, 'participants'),
  ({ minimumColluders }, { spec }) =>
    spec.colluders >= minimumColluders
      ? undefined
      : refuse('POLICY_COHORT', `at least ${minimumColluders} colluders must be tolerated`, 'colluders'),
  ({ minimumRows }, { rows }) =>
    rows >= minimumRows
      ? undefined
      : refuse('POLICY_COHORT', `there are fewer than ${minimumRows} training rows here`, 'dataset'),
  ({ maximumRounds }, { spec }) =>
    spec.training.rounds <= maximumRounds
      ? undefined
      : refuse('POLICY_ROUNDS', `at most ${maximumRounds} rounds are allowed`, 'training.rounds'),
  ({ release }, { spec }) => {
    const kept = spec.release.filter((metric) => !allows(release, metric));
    return kept.length === 0
      ? undefined
      : refuse('POLICY_RELEASE', `kept inside: ${nameList(kept)}`, 'release');
  },
  ({ warmStart }, { spec }) =>
    warmStart || spec.warmStart === undefined
      ? undefined
      : refuse('POLICY_REFUSED', 'starting from an earlier model is not allowed', 'warmStart'),
  ({ expires }, { nowMs }) =>
    expires === undefined || nowMs < Date.parse(expires) + dayMs
      ? undefined
      : refuse('POLICY_REFUSED', `the permission ended on ${expires}`, ''),
];

const dayMs = 86_400_000;

function walkChecks(rule: PolicyRule, request: PolicyRequest) {
  for (const [passed, check] of checks.entries()) {
    const refusal = check(rule, request);
    if (refusal) return { passed, refusal };
  }
  return { passed: checks.length, refusal: undefined };
}

function refuse(code: ErrorCode, detail: string, field: string): Refusal {
  return { kind: 'refuse', code, detail, field };
}

function allows(allowed: '*' | readonly string[], value: string): boolean {
  return allowed === '*' || allowed.includes(value);
}

function allowsPeer(rule: PolicyRule, { pinned }: PolicyRequest, peer: string): boolean {
  if (rule.peers !== undefined && allows(rule.peers, peer)) return true;
  const organisation = pinned.get(peer)?.organisation;
  if (organisation === undefined) return false;
  return (rule.organisations ?? []).some((allowed) => sameSpelling(allowed) === sameSpelling(organisation));
}

function peersOf({ spec, me }: PolicyRequest): readonly string[] {
  return spec.participants.filter((name) => (name as string) !== me.name);
}

/** Two spellings of one organisation must not count as two. */
function sameSpelling(organisation: string): string {
  return organisation.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}
