import { expect, test } from 'vitest';
import { decide, parsePolicy } from '../../../participant/policy/index.js';
import { specFor } from '../../support/cast.js';

const caFingerprint = 'ab'.repeat(32);
const policy = parsePolicy(
  `coordinators: [{ name: hub, caFingerprint: ${caFingerprint} }]
rules:
  - { name: open, peers: '*', datasets: '*', features: '*', purposes: '*', algorithms: '*', models: '*',
      maximumRounds: 10, release: '*', approval: automatic }`,
  'policy.yaml',
);

function decision(organisations: Readonly<Record<string, string>>, colluders: number) {
  return decide(policy, {
    spec: specFor(['bank-a', ...Object.keys(organisations)], { colluders }),
    coordinator: { name: 'hub', caFingerprint },
    me: { name: 'bank-a', organisation: 'Bank A' },
    pinned: new Map(Object.entries(organisations).map(([name, organisation]) => [name, { organisation }])),
    rows: 1000,
    nowMs: 0,
  });
}

test('two participants of one organisation are two colluders: with the shares of both, quorums of two survivor sets can be had', () => {
  const two = { 'bank-b': 'Group', 'bank-c': 'GROUP ', 'platform-x': 'X', 'platform-y': 'Y' };
  expect(decision(two, 1)).toMatchObject({ code: 'SPEC_TOO_FEW_PARTIES', field: 'colluders' });
  expect(decision(two, 2)).toMatchObject({ kind: 'approve' });
});

test('further participants of the own organisation are no strangers', () => {
  const own = { 'bank-b': 'Bank A', 'platform-x': 'X', 'platform-y': 'Y' };
  expect(decision(own, 1)).toMatchObject({ kind: 'approve' });
});
