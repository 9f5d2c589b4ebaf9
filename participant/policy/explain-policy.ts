import type { Policy, PolicyRule } from './policy-file.js';

/** A policy in lines for people, most general first. */
export function explainPolicy(policy: Policy): string[] {
  if (policy.coordinators.length === 0) return ['Every job is refused: no coordinator is listed.'];
  if (policy.rules.length === 0) return ['Every job is refused: there is no rule.'];
  return [
    ...policy.coordinators.map(
      ({ name, caFingerprint }) => `Jobs come from coordinator ${name} (CA ${caFingerprint.slice(0, 16)}…).`,
    ),
    ...policy.rules.flatMap(explainRule),
    'Every other job is refused.',
  ];
}

function explainRule(rule: PolicyRule): string[] {
  const withheld = rule.except.length > 0 ? ` except ${rule.except.join(', ')}` : '';
  const peers = [
    rule.peers === undefined ? [] : [words(rule.peers, 'any pinned peer')],
    (rule.organisations ?? []).map((organisation) => `anyone of ${organisation}`),
  ].flat();
  return [
    `Rule "${rule.name}": ${rule.approval === 'automatic' ? 'takes part by itself' : 'asks a person'}${
      rule.expires === undefined ? '' : `, until ${rule.expires}`
    }`,
    `  with        ${peers.join(', ')}; at least ${rule.minimumCohort} participants, ${rule.minimumColluders} of them colluding`,
    `  data        ${words(rule.datasets, 'any dataset')}: ${words(rule.features, 'all features')}${withheld}; at least ${rule.minimumRows} training rows`,
    `  purpose     ${words(rule.purposes, 'any')}`,
    `  models      ${words(rule.models, 'any model')} by ${words(rule.algorithms, 'any algorithm')}, at most ${rule.maximumRounds} rounds, warm start ${rule.warmStart ? 'allowed' : 'not allowed'}`,
    `  releases    ${words(rule.release, 'all metrics')}`,
  ];
}

function words(list: '*' | readonly string[], all: string): string {
  if (list === '*') return all;
  return list.length > 0 ? list.join(', ') : 'nothing';
}
