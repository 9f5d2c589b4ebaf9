import {
  drawNonce,
  type HorizontalSpec,
  horizontalSpec,
  jobSpec,
  type VerticalSpec,
} from '../../../contract/index.js';
import {
  type Policy,
  type PolicyRequest,
  parsePolicy,
  type VerticalRequest,
} from '../../../participant/policy/index.js';

export const fingerprint = 'ab'.repeat(32);

export const openRule = {
  name: 'ring',
  peers: '*',
  datasets: '*',
  features: '*',
  purposes: '*',
  algorithms: '*',
  models: '*',
  maximumRounds: 100,
  release: '*',
  warmStart: true,
  approval: 'automatic',
};

export const coordinators = [{ name: 'ring', caFingerprint: fingerprint }];

export function policyOf(...rules: object[]): Policy {
  return parsePolicy(JSON.stringify({ coordinators, rules }), 'policy.yaml');
}

export function requestOf(changes: object = {}, request: Partial<PolicyRequest> = {}): PolicyRequest {
  const spec: HorizontalSpec = horizontalSpec.parse({
    name: 'job',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: ['bank-a', 'bank-b', 'platform-x'],
    dataset: 'loans',
    features: { Age: 'number', Income: 'number', Home: 'category' },
    model: { kind: 'mlp' },
    algorithm: { kind: 'fedprox' },
    release: ['auc', 'ks'],
    nonce: drawNonce(),
    ...changes,
  });
  return {
    spec,
    coordinator: { name: 'ring', caFingerprint: fingerprint },
    me: { name: 'bank-a', organisation: 'Bank A' },
    pinned: new Map([
      ['bank-b', { organisation: 'Bank B' }],
      ['platform-x', { organisation: 'Platform X' }],
      ['bank-c', { organisation: 'Bank C' }],
    ]),
    rows: 1000,
    nowMs: Date.parse('2026-06-01T12:00:00Z'),
    ...request,
  };
}

/** Everything that a vertical rule can allow. */
export const openVertical = {
  name: 'pair',
  peers: '*',
  datasets: '*',
  features: '*',
  purposes: '*',
  types: '*',
  labels: { woe: true, fit: true },
  scores: { batch: 'all', online: true },
  release: '*',
  maximumIterations: 50,
  approval: 'automatic',
};

export function verticalPolicyOf(...vertical: object[]): Policy {
  return parsePolicy(JSON.stringify({ coordinators, vertical }), 'policy.yaml');
}

/** Training of bank-a (labels) with platform-x, as bank-a is asked. */
export function verticalRequestOf(
  changes: object = {},
  request: Partial<VerticalRequest> = {},
): VerticalRequest {
  const spec = jobSpec.parse({
    name: 'job',
    mode: 'vertical',
    type: 'training',
    purpose: 'credit-risk',
    labelHolder: 'bank-a',
    parties: {
      'bank-a': { dataset: 'loans', features: { Amount: 'number', Records: 'category' } },
      'platform-x': { dataset: 'customers', features: { Age: 'number', Income: 'number' } },
    },
    release: ['auc', 'iv'],
    nonce: drawNonce(),
    ...changes,
  }) as VerticalSpec;
  const { spec: _, rows, ...circumstances } = requestOf();
  return { ...circumstances, spec, rows, sessionsUsed: new Map(), ...request };
}

/** The same two, growing trees. */
export const boostingJob = { type: 'boosting', trees: { count: 30 } };

export const asPlatform = {
  me: { name: 'platform-x', organisation: 'Platform X' },
  pinned: new Map([['bank-a', { organisation: 'Bank A' }]]),
};
export const scoringJob = {
  type: 'scoring',
  parties: { 'bank-a': { dataset: 'loans' }, 'platform-x': { dataset: 'customers' } },
  model: { job: `job-${'0'.repeat(32)}` },
};
export const binningJob = { type: 'binning' };
