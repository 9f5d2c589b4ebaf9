import { sameSpelling, type VerticalSpec } from '../../contract/index.js';
import type { VerticalGrant } from '../vertical/step-work.js';
import type { Policy } from './policy-file.js';
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
import type { VerticalRule } from './vertical-rule.js';

/** A vertical job as it asks for this participant's consent. */
export interface VerticalRequest extends Circumstances {
  readonly spec: VerticalSpec;
  /** Own rows, all of which would take part in the alignment; Infinity before they are counted. */
  readonly rows: number;
  /** Alignments of this job's own dataset in the last 30 days, by peer, as the alignment ledger counts them. */
  readonly sessionsUsed: ReadonlyMap<string, number>;
  /** Scoring jobs: features of the own part of the model, which the spec does not name. */
  readonly modelFeatures?: readonly string[];
  /** Whether this node was started for jobs without encryption. */
  readonly plaintext?: boolean;
}

export type VerticalDecision =
  | {
      readonly kind: 'approve' | 'ask';
      readonly rule: string;
      readonly grant: VerticalGrant;
      /** At a label holder whose rule lifts the label budget: by whom and why. */
      readonly waiver?: string;
    }
  | Refusal;

/** Default refuse, as for horizontal jobs; a vertical job is the protocol for a pair, so two organisations are enough. */
export function decideVertical(policy: Policy, request: VerticalRequest): VerticalDecision {
  const refusal = alwaysRefused(policy, request);
  if (refusal) return refusal;
  const verdict = walkRules(policy.vertical, checks, request);
  if (verdict.kind === 'refuse') return verdict;
  const { kind, rule } = verdict;
  const { waiver } = rule.labels;
  return {
    kind,
    rule: rule.name,
    grant: grantOf(rule, request),
    ...(holdsLabels(request) && waiver !== undefined && { waiver }),
  };
}

function alwaysRefused(policy: Policy, request: VerticalRequest): Refusal | undefined {
  const { spec, me, pinned } = request;
  if (!Object.hasOwn(spec.parties, me.name)) {
    return refuse('POLICY_REFUSED', `the job does not name ${me.name}`, 'parties');
  }
  if (inTheClear(spec) && !request.plaintext) {
    return refuse('PLAINTEXT_REFUSED', `${me.name} was not started for jobs without encryption`, 'plaintext');
  }
  const refusal = strangersRefused(policy, request, peersOf(request), 'parties');
  if (refusal) return refusal;
  const others = peersOf(request).map((peer) => sameSpelling(pinned.get(peer)!.organisation));
  if (new Set([sameSpelling(me.organisation), ...others]).size < 2) {
    return refuse('SPEC_TOO_FEW_PARTIES', 'all parties are of one organisation', 'parties');
  }
  return undefined;
}

function grantOf({ alignment, labels, scores }: VerticalRule, request: VerticalRequest): VerticalGrant {
  const { maximumPeerRows, minimumOwnRows, minimumCommonRows } = alignment;
  return {
    maximumPeerRows,
    minimumOwnRows,
    minimumCommonRows,
    woe: holdsLabels(request) && labels.woe,
    scores: holdsLabels(request) ? 'none' : scores.batch,
    maximumReleasedShare: scores.maximumReleasedShare,
    ...(inTheClear(request.spec) && request.plaintext && { plaintext: true as const }),
  };
}

function inTheClear(spec: VerticalSpec): boolean {
  return spec.type === 'boosting' && spec.plaintext === true;
}

/** In the order in which a person would look: what the job is about first, its size last. */
const checks: readonly Check<VerticalRule, VerticalRequest>[] = [
  ({ datasets }, { spec, me }) => {
    const { dataset } = spec.parties[me.name as keyof typeof spec.parties]!;
    return allows(datasets, dataset)
      ? undefined
      : refuse('POLICY_DATASET', `dataset ${dataset} is not released`, `parties.${me.name}.dataset`);
  },
  ({ purposes }, { spec }) =>
    allows(purposes, spec.purpose)
      ? undefined
      : refuse('POLICY_PURPOSE', `purpose ${spec.purpose} is not allowed`, 'purpose'),
  (rule, request) => peersRefused(rule, request, peersOf(request), 'parties'),
  ({ types }, { spec }) =>
    allows(types, spec.type)
      ? undefined
      : refuse('POLICY_ALGORITHM', `vertical ${spec.type} is not allowed`, 'type'),
  (rule, request) => featuresRefused(rule, featuresOf(request), `parties.${request.me.name}.features`),
  ({ labels }, request) => {
    if (!holdsLabels(request) || request.spec.type !== 'training' || (labels.woe && labels.fit))
      return undefined;
    const missing = [...(labels.woe ? [] : ['labels.woe']), ...(labels.fit ? [] : ['labels.fit'])];
    const detail = `labels do not serve training: ${missing.join(' and ')} not allowed`;
    return refuse('POLICY_LABELS', detail, 'type');
  },
  ({ labels }, request) =>
    !holdsLabels(request) || request.spec.type !== 'boosting' || labels.fit
      ? undefined
      : refuse('POLICY_LABELS', 'labels do not serve trees: labels.fit not allowed', 'type'),
  (rule, request) => (holdsLabels(request) ? fineBinsRefused(rule, request.spec) : undefined),
  (rule, request) => (holdsLabels(request) ? undefined : scoresRefused(rule, request.spec)),
  ({ alignment }, { rows, me }) =>
    rows >= alignment.minimumOwnRows
      ? undefined
      : refuse(
          'POLICY_ALIGNMENT',
          `there are fewer than ${alignment.minimumOwnRows} rows here`,
          `parties.${me.name}.dataset`,
        ),
  ({ alignment }, request) => {
    const { sessionsUsed } = request;
    const spent = peersOf(request).filter(
      (peer) => (sessionsUsed.get(peer) ?? 0) >= alignment.sessionsPerMonth,
    );
    if (spent.length === 0) return undefined;
    const detail = `${alignment.sessionsPerMonth} alignments in 30 days are used up with ${spent.join(', ')}`;
    return refuse('POLICY_ALIGNMENT', detail, '');
  },
  ({ maximumIterations }, { spec }) =>
    spec.type !== 'training' || spec.training.iterations <= maximumIterations
      ? undefined
      : refuse('POLICY_ROUNDS', `at most ${maximumIterations} iterations are allowed`, 'training.iterations'),
  ({ maximumTrees }, { spec }) =>
    spec.type !== 'boosting' || spec.trees.count <= maximumTrees
      ? undefined
      : refuse('POLICY_ROUNDS', `at most ${maximumTrees} trees are allowed`, 'trees.count'),
  (rule, { spec }) => releaseRefused(rule, spec.release),
  expiryRefused,
];

function fineBinsRefused({ labels }: VerticalRule, spec: VerticalSpec): Refusal | undefined {
  if (spec.type === 'scoring' || spec.type === 'boosting') return undefined;
  const { classFloor, minimumShare } = spec.binning;
  if (classFloor < labels.classFloor) {
    const detail = `bins need at least ${labels.classFloor} bad and good customers each`;
    return refuse('POLICY_LABELS', detail, 'binning.classFloor');
  }
  if (minimumShare < labels.minimumShare) {
    const detail = `bins need at least ${labels.minimumShare} of the training rows`;
    return refuse('POLICY_LABELS', detail, 'binning.minimumShare');
  }
  return undefined;
}

function scoresRefused({ scores }: VerticalRule, spec: VerticalSpec): Refusal | undefined {
  const refused = (detail: string, field: string) => refuse('POLICY_SCORES', detail, field);
  if (spec.type === 'scoring' && scores.batch !== 'all') {
    return refused('score parts of whole datasets stay here', 'type');
  }
  if (spec.type === 'boosting' && scores.batch !== 'all') {
    return refused('on which side of a split whole datasets are stays here', 'type');
  }
  if (spec.type === 'training' && spec.scores.release === 'holdout' && scores.batch === 'none') {
    return refused('no score part leaves; release none', 'scores.release');
  }
  return undefined;
}

function holdsLabels({ spec, me }: VerticalRequest): boolean {
  return (spec.labelHolder as string) === me.name;
}

function featuresOf({ spec, me, modelFeatures = [] }: VerticalRequest): readonly string[] {
  if (spec.type === 'scoring') return modelFeatures;
  return Object.keys(spec.parties[me.name as keyof typeof spec.parties]!.features);
}

function peersOf({ spec, me }: VerticalRequest): readonly string[] {
  return Object.keys(spec.parties).filter((name) => name !== me.name);
}
