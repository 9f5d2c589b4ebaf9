import { drawNonce, type JobSpec, jobSpec } from '../../../contract/index.js';
import { type Policy, type PolicyRequest, parsePolicy } from '../../../participant/policy/index.js';

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
  const spec: JobSpec = jobSpec.parse({
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
