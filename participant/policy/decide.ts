import {
  algorithmOf,
  type HorizontalSpec,
  minimumContributors,
  neededMembers,
  sameSpelling,
} from '../../contract/index.js';
import type { Policy, PolicyRule } from './policy-file.js';
import {
  allows,
  type Check,
  type Circumstances,
  expiryRefused,
  featuresRefused,
  peersRefused,
  type Refusal,
  refuse,
  releaseRefused,
  strangersRefused,
  walkRules,
} from './verdict.js';

/** A horizontal job as it asks for this participant's consent. */
export interface PolicyRequest extends Circumstances {
  readonly spec: HorizontalSpec;
  /** Own training rows for this job. */
  readonly rows: number;
}

export type PolicyDecision =
  | { readonly kind: 'approve'; readonly rule: string }
  /** A rule allows the job, but a person has the last word. */
  | { readonly kind: 'ask'; readonly rule: string }
  | Refusal;

/** Default refuse. First what holds whatever the policy says (PROTOCOLS §0), then the rules. */
export function decide(policy: Policy, request: PolicyRequest): PolicyDecision {
  const refusal = alwaysRefused(policy, request);
  if (refusal) return refusal;
  const verdict = walkRules(policy.rules, checks, request);
  return verdict.kind === 'refuse' ? verdict : { kind: verdict.kind, rule: verdict.rule.name };
}

function alwaysRefused(policy: Policy, request: PolicyRequest): Refusal | undefined {
  const { spec, me, pinned } = request;
  const participants: readonly string[] = spec.participants;
  if (!participants.includes(me.name)) {
    return refuse('POLICY_REFUSED', `the job does not name ${me.name}`, 'participants');
  }
  const refusal = strangersRefused(policy, request, peersOf(request), 'participants');
  if (refusal) return refusal;
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

/** In the order in which a person would look: what the job is about first, its size last. */
const checks: readonly Check<PolicyRule, PolicyRequest>[] = [
  ({ datasets }, { spec }) =>
    allows(datasets, spec.dataset)
      ? undefined
      : refuse('POLICY_DATASET', `dataset ${spec.dataset} is not released`, 'dataset'),
  ({ purposes }, { spec }) =>
    allows(purposes, spec.purpose)
      ? undefined
      : refuse('POLICY_PURPOSE', `purpose ${spec.purpose} is not allowed`, 'purpose'),
  (rule, request) => peersRefused(rule, request, peersOf(request), 'participants'),
  ({ algorithms }, { spec }) =>
    allows(algorithms, algorithmOf(spec))
      ? undefined
      : refuse('POLICY_ALGORITHM', `algorithm ${algorithmOf(spec)} is not allowed`, algorithmField(spec)),
  ({ models }, { spec }) =>
    allows(models, spec.model.kind)
      ? undefined
      : refuse('POLICY_ALGORITHM', `model kind ${spec.model.kind} is not allowed`, 'model.kind'),
  (rule, { spec }) => featuresRefused(rule, Object.keys(spec.features), 'features'),
  ({ minimumCohort }, { spec }) =>
    spec.participants.length >= minimumCohort
      ? undefined
      : refuse('POLICY_COHORT', `at least ${minimumCohort} participants are asked for`, 'participants'),
  ({ minimumColluders }, { spec }) =>
    spec.colluders >= minimumColluders
      ? undefined
      : refuse('POLICY_COHORT', `at least ${minimumColluders} colluders must be tolerated`, 'colluders'),
  ({ minimumIncluded }, { spec }) =>
    neededMembers(spec, { purpose: 'evaluation', round: 0 }) / spec.participants.length >= minimumIncluded
      ? undefined
      : refuse(
          'POLICY_COHORT',
          `each round must include at least ${minimumIncluded} of the participants`,
          'participation.quorum',
        ),
  ({ minimumRows }, { rows }) =>
    rows >= minimumRows
      ? undefined
      : refuse('POLICY_COHORT', `there are fewer than ${minimumRows} training rows here`, 'dataset'),
  ({ maximumRounds }, { spec }) =>
    spec.training.rounds <= maximumRounds
      ? undefined
      : refuse('POLICY_ROUNDS', `at most ${maximumRounds} rounds are allowed`, 'training.rounds'),
  (rule, { spec }) => releaseRefused(rule, spec.release),
  ({ warmStart }, { spec }) =>
    warmStart || spec.warmStart === undefined
      ? undefined
      : refuse('POLICY_REFUSED', 'starting from an earlier model is not allowed', 'warmStart'),
  expiryRefused,
];

/** Trees leave no choice of algorithm. */
function algorithmField({ model }: HorizontalSpec): string {
  return model.kind === 'trees' ? 'model.kind' : 'algorithm.kind';
}

function peersOf({ spec, me }: PolicyRequest): readonly string[] {
  return spec.participants.filter((name) => (name as string) !== me.name);
}
