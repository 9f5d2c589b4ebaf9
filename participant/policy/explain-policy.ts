import type { Policy, PolicyRule } from './policy-file.js';
import type { VerticalRule } from './vertical-rule.js';

/** A policy in lines for people, most general first. */
export function explainPolicy(policy: Policy): string[] {
  if (policy.coordinators.length === 0) return ['Every job is refused: no coordinator is listed.'];
  if (policy.rules.length + policy.vertical.length === 0) {
    return ['Every job is refused: there is no rule.'];
  }
  return [
    ...policy.coordinators.map(
      ({ name, caFingerprint }) => `Jobs come from coordinator ${name} (CA ${caFingerprint.slice(0, 16)}…).`,
    ),
    ...policy.rules.flatMap(explainRule),
    ...policy.vertical.flatMap(explainVertical),
    'Every other job is refused.',
  ];
}

function explainRule(rule: PolicyRule): string[] {
  return [
    headOf(rule, 'takes part'),
    `  with        ${peersOf(rule)}; at least ${rule.minimumCohort} participants, ${rule.minimumColluders} of them colluding; in each round at least ${rule.minimumIncluded} of all`,
    `  data        ${dataOf(rule)}; at least ${grouped(rule.minimumRows)} training rows`,
    `  purpose     ${words(rule.purposes, 'any')}`,
    `  models      ${words(rule.models, 'any model')} by ${words(rule.algorithms, 'any algorithm')}, at most ${rule.maximumRounds} rounds, warm start ${rule.warmStart ? 'allowed' : 'not allowed'}`,
    `  releases    ${words(rule.release, 'all metrics')}`,
  ];
}

function explainVertical(rule: VerticalRule): string[] {
  const { alignment, labels, scores } = rule;
  return [
    headOf(rule, 'takes part in vertical jobs'),
    `  with        ${peersOf(rule)}`,
    `  data        ${dataOf(rule)}`,
    `  purpose     ${words(rule.purposes, 'any')}`,
    `  jobs        ${words(rule.types, 'binning, training, boosting and scoring')}; at most ${rule.maximumIterations} iterations and ${rule.maximumTrees} trees`,
    `  alignment   own set of ${grouped(alignment.minimumOwnRows)} rows or more, peer sets of up to ${grouped(alignment.maximumPeerRows)}, at least ${grouped(alignment.minimumCommonRows)} common customers; with one peer ${alignment.sessionsPerMonth} times in 30 days`,
    `  labels      ${labelWords(labels)}`,
    `  scores      ${scoreWords(scores)}`,
    `  releases    ${words(rule.release, 'all metrics and information values')}`,
  ];
}

/** Of a participant that holds labels in a job. */
function labelWords({ woe, fit, classFloor, minimumShare, waiver }: VerticalRule['labels']): string {
  const bins = woe
    ? 'feature holders may learn the WOE of their bins, and so their counts'
    : 'the WOE of bins stays here';
  const weights = fit ? 'labels may steer weights of feature holders' : 'labels steer no weight elsewhere';
  const floors = `bins of at least ${classFloor} bad and good rows and ${minimumShare} of all`;
  return `${bins}; ${weights}; ${floors}; ${waiver === undefined ? 'the label budget holds' : `THE LABEL BUDGET IS LIFTED: ${waiver}`}`;
}

/** Of a participant that holds features in a job. */
function scoreWords({ batch, maximumReleasedShare, online, onlinePerDay }: VerticalRule['scores']): string {
  const parts = {
    none: 'no score part leaves in a job',
    holdout: `score parts of held-out and calibration rows of training jobs may leave, at most ${maximumReleasedShare} of all`,
    all: 'score parts of every row may leave, and sides of splits of trees',
  }[batch];
  return `${parts}; ${online ? `up to ${grouped(onlinePerDay)} single scores a day are answered` : 'no single score is answered'}`;
}

/** In groups of three, as all pages have numbers. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

type AnyRule = Pick<
  PolicyRule,
  'name' | 'approval' | 'expires' | 'peers' | 'organisations' | 'datasets' | 'features' | 'except'
>;

function headOf({ name, approval, expires }: AnyRule, doing: string): string {
  const how = approval === 'automatic' ? `${doing} by itself` : `${doing} when a person agrees`;
  return `Rule "${name}": ${how}${expires === undefined ? '' : `, until ${expires}`}`;
}

function peersOf({ peers, organisations = [] }: AnyRule): string {
  const named = peers === undefined ? [] : [words(peers, 'any pinned peer')];
  return [...named, ...organisations.map((each) => `anyone of ${each}`)].join(', ');
}

function dataOf({ datasets, features, except }: AnyRule): string {
  const withheld = except.length > 0 ? ` except ${except.join(', ')}` : '';
  return `${words(datasets, 'any dataset')}: ${words(features, 'all features')}${withheld}`;
}

function words(list: '*' | readonly string[], all: string): string {
  if (list === '*') return all;
  return list.length > 0 ? list.join(', ') : 'nothing';
}
