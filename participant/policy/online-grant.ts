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
  strangersRefused,
  walkRules,
} from './verdict.js';
import type { VerticalRule } from './vertical-rule.js';

/** What stands behind a single score request: the finished training job whose model would answer. */
export interface OnlineRequest extends Circumstances {
  /** Who asks: the label holder of that job. */
  readonly labelHolder: string;
  /** What an answer tells: a part of the score, or by trees the side of every own split. */
  readonly tells: 'part' | 'sides';
  readonly purpose: string;
  /** Own dataset and features of the own part of the model. */
  readonly dataset: string;
  readonly features: readonly string[];
}

export type OnlineGrant =
  | { readonly kind: 'grant'; readonly rule: string; readonly onlinePerDay: number }
  | Refusal;

/**
 * May a feature holder answer single score requests of this label holder? No person is asked: `scores.online` in a rule
 * is the answer, whatever its `approval` says of jobs. Of several rules the most generous holds, as rules only add.
 */
export function onlineGrant(policy: Policy, request: OnlineRequest): OnlineGrant {
  const stranger = strangersRefused(policy, request, [request.labelHolder], '');
  if (stranger) return stranger;
  const rules = policy.vertical
    .map((rule) => ({ ...rule, approval: 'automatic' as const }))
    .sort((a, b) => b.scores.onlinePerDay - a.scores.onlinePerDay);
  const verdict = walkRules(rules, checks, request);
  if (verdict.kind === 'refuse') return verdict;
  return { kind: 'grant', rule: verdict.rule.name, onlinePerDay: verdict.rule.scores.onlinePerDay };
}

const checks: readonly Check<VerticalRule, OnlineRequest>[] = [
  ({ datasets }, { dataset }) =>
    allows(datasets, dataset)
      ? undefined
      : refuse('POLICY_DATASET', `dataset ${dataset} is not released`, ''),
  ({ purposes }, { purpose }) =>
    allows(purposes, purpose) ? undefined : refuse('POLICY_PURPOSE', `purpose ${purpose} is not allowed`, ''),
  (rule, request) => peersRefused(rule, request, [request.labelHolder], ''),
  (rule, { features }) => featuresRefused(rule, features, ''),
  ({ scores }) => (scores.online ? undefined : refuse('POLICY_SCORES', 'online scores are not allowed', '')),
  ({ scores }, { tells }) =>
    tells === 'part' || scores.batch === 'all'
      ? undefined
      : refuse('POLICY_SCORES', 'sides of splits need scores.batch: all beside scores.online', ''),
  expiryRefused,
];
