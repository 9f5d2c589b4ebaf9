import { describe, expect, it } from 'vitest';
import { type OnlineRequest, onlineGrant } from '../../../participant/policy/index.js';
import { asPlatform, fingerprint, openRule, openVertical, policyOf, verticalPolicyOf } from './requests.js';

const request: OnlineRequest = {
  ...asPlatform,
  coordinator: { name: 'ring', caFingerprint: fingerprint },
  nowMs: Date.parse('2026-06-01T12:00:00Z'),
  labelHolder: 'bank-a',
  tells: 'part',
  purpose: 'credit-risk',
  dataset: 'customers',
  features: ['Age', 'Income'],
};
const granted = (rule: object, change: Partial<OnlineRequest> = {}) =>
  onlineGrant(verticalPolicyOf({ ...openVertical, ...rule }), { ...request, ...change });

describe('single score requests', () => {
  it('are answered where a rule says so, up to its number a day, and no person is asked', () => {
    expect(granted({})).toEqual({ kind: 'grant', rule: 'pair', onlinePerDay: 10_000 });
    const scores = { online: true, onlinePerDay: 50 };
    expect(granted({ approval: 'manual', scores })).toMatchObject({ kind: 'grant', onlinePerDay: 50 });
  });
  it.each([
    ['scores', { scores: { batch: 'all' } }, 'POLICY_SCORES'],
    ['label holder', { peers: ['bank-b'] }, 'POLICY_PEER'],
    ['purpose', { purposes: ['marketing'] }, 'POLICY_PURPOSE'],
    ['dataset', { datasets: ['loans'] }, 'POLICY_DATASET'],
    ['feature', { except: ['Income'] }, 'POLICY_FEATURE'],
    ['expiry', { expires: '2026-05-31' }, 'POLICY_REFUSED'],
  ])('are refused by %s', (_, rule, code) => {
    expect(granted(rule)).toMatchObject({ kind: 'refuse', code });
  });
  it('are refused whatever the rules say through another coordinator, or by a label holder that is not pinned', () => {
    expect(granted({}, { coordinator: { name: 'ring', caFingerprint: 'cd'.repeat(32) } })).toMatchObject({
      code: 'POLICY_COORDINATOR',
    });
    expect(granted({}, { pinned: new Map() })).toMatchObject({ code: 'PEER_NOT_PINNED' });
    expect(onlineGrant(policyOf(openRule), request)).toMatchObject({ kind: 'refuse' });
  });
  it('by trees also need what trees tell in a batch: the side of every split', () => {
    const tells = 'sides' as const;
    const online = { online: true, onlinePerDay: 50 };
    expect(granted({ scores: { ...online, batch: 'all' } }, { tells })).toMatchObject({ onlinePerDay: 50 });
    for (const batch of ['none', 'holdout']) {
      const scores = { ...online, batch };
      expect(granted({ scores }, { tells })).toMatchObject({ kind: 'refuse', code: 'POLICY_SCORES' });
      expect(granted({ scores })).toMatchObject({ kind: 'grant' });
    }
  });
  it('of several rules that allow them the most generous holds', () => {
    const rules = [20, 700, 5].map((onlinePerDay) => ({
      ...openVertical,
      name: `${onlinePerDay} a day`,
      scores: { online: true, onlinePerDay },
    }));
    expect(onlineGrant(verticalPolicyOf(...rules), request)).toMatchObject({ rule: '700 a day' });
  });
});
