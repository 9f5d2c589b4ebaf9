import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, emptyPolicy, type PolicyRequest } from '../../../participant/policy/index.js';
import { fingerprint, openRule, policyOf, requestOf } from './requests.js';

/** One restriction at a time: what it adds to the open rule, what it refuses. */
const restrictions: readonly (readonly [string, object, string, string])[] = [
  ['dataset', { datasets: ['cards'] }, 'POLICY_DATASET', 'dataset'],
  ['purpose', { purposes: ['marketing'] }, 'POLICY_PURPOSE', 'purpose'],
  ['peer by name', { peers: ['bank-b'] }, 'POLICY_PEER', 'participants'],
  ['peer by organisation', { peers: undefined, organisations: ['Bank B'] }, 'POLICY_PEER', 'participants'],
  ['algorithm', { algorithms: ['fedavg', 'fedadam'] }, 'POLICY_ALGORITHM', 'algorithm.kind'],
  ['model', { models: ['logistic'] }, 'POLICY_ALGORITHM', 'model.kind'],
  ['feature', { features: ['Age', 'Home'] }, 'POLICY_FEATURE', 'features'],
  ['withheld feature', { except: ['Income'] }, 'POLICY_FEATURE', 'features'],
  ['cohort', { minimumCohort: 4 }, 'POLICY_COHORT', 'participants'],
  ['colluders', { minimumColluders: 2 }, 'POLICY_COHORT', 'colluders'],
  ['rows', { minimumRows: 1001 }, 'POLICY_COHORT', 'dataset'],
  ['rounds', { maximumRounds: 9 }, 'POLICY_ROUNDS', 'training.rounds'],
  ['metrics', { release: ['auc'] }, 'POLICY_RELEASE', 'release'],
  ['warm start', { warmStart: false }, 'POLICY_REFUSED', 'warmStart'],
  ['expiry', { expires: '2026-05-31' }, 'POLICY_REFUSED', ''],
];
const warm = () => requestOf({ warmStart: { job: `job-${'0'.repeat(32)}` } });

describe('default refuse', () => {
  it('without a policy', () => {
    expect(decide(emptyPolicy, warm())).toMatchObject({ kind: 'refuse', code: 'POLICY_COORDINATOR' });
  });
  it('without a rule', () => {
    expect(decide(policyOf(), warm())).toMatchObject({ kind: 'refuse', code: 'POLICY_REFUSED' });
  });
});

describe('a rule', () => {
  it('that is open approves', () => {
    expect(decide(policyOf(openRule), warm())).toEqual({ kind: 'approve', rule: 'ring' });
  });
  it.each(restrictions)('restricting %s refuses with its code and field', (_, restriction, code, field) => {
    expect(decide(policyOf({ ...openRule, ...restriction }), warm())).toMatchObject({
      kind: 'refuse',
      code,
      field,
    });
  });
  it('takes trees as an algorithm and a model of their own', () => {
    const trees = () => requestOf({ model: { kind: 'trees' }, algorithm: undefined });
    const allow = { algorithms: ['boosting'], models: ['trees'] };
    expect(decide(policyOf({ ...openRule, ...allow }), trees())).toMatchObject({ kind: 'approve' });
    const refusal = { kind: 'refuse', code: 'POLICY_ALGORITHM', field: 'model.kind' };
    const fedavg = { ...allow, algorithms: ['fedavg'] };
    expect(decide(policyOf({ ...openRule, ...fedavg }), trees())).toMatchObject(refusal);
    expect(decide(policyOf({ ...openRule, ...allow, models: ['mlp'] }), trees())).toMatchObject(refusal);
  });
  it('names what it withholds', () => {
    const decision = decide(policyOf({ ...openRule, except: ['Income', 'Age'] }), warm());
    expect(decision).toMatchObject({ detail: 'withheld: Age, Income' });
  });
  it('names some of very many, so that the detail fits a post', () => {
    const features = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`${'x'.repeat(40)}${i}`, 'number']),
    );
    const decision = decide(policyOf({ ...openRule, features: ['Age'] }), requestOf({ features }));
    expect(decision).toMatchObject({
      code: 'POLICY_FEATURE',
      detail: expect.stringContaining('and 1992 more'),
    });
    expect(JSON.stringify(decision).length).toBeLessThan(500);
  });
  it('allows peers by name or by organisation, however that is spelt', () => {
    const rule = { ...openRule, peers: ['bank-b'], organisations: ['  platform　x '] };
    expect(decide(policyOf(rule), warm()).kind).toBe('approve');
  });
  it('holds through its last day', () => {
    const rule = policyOf({ ...openRule, expires: '2026-06-01' });
    const at = (time: string) => decide(rule, requestOf({}, { nowMs: Date.parse(time) })).kind;
    expect([at('2026-06-01T23:59:59Z'), at('2026-06-02T00:00:00Z')]).toEqual(['approve', 'refuse']);
  });
  it('with manual approval asks, unless another approves by itself', () => {
    const manual = { ...openRule, name: 'ask me', approval: 'manual' };
    expect(decide(policyOf(manual), warm())).toEqual({ kind: 'ask', rule: 'ask me' });
    expect(decide(policyOf(manual, openRule), warm())).toEqual({ kind: 'approve', rule: 'ring' });
  });
  it('bounds whom a round may leave out, by what the job asks for at least', () => {
    const four = ['bank-a', 'bank-b', 'bank-c', 'platform-x'];
    const asked = (participation: object, participants = four) => requestOf({ participants, participation });
    const at = (minimumIncluded: number | undefined, request: PolicyRequest) =>
      decide(policyOf({ ...openRule, minimumIncluded }), request);
    // Three of four are the quorum of a job that does not say, and of three all.
    expect(at(undefined, asked({})).kind).toBe('approve');
    expect(at(0.75, asked({})).kind).toBe('approve');
    expect(at(0.76, asked({}))).toMatchObject({ code: 'POLICY_COHORT', field: 'participation.quorum' });
    expect(at(1, asked({ quorum: 4 })).kind).toBe('approve');
    expect(at(1, asked({}, four.slice(0, 3))).kind).toBe('approve');
  });
  it('asks when it does not say', () => {
    expect(decide(policyOf({ ...openRule, approval: undefined }), warm()).kind).toBe('ask');
  });
});

describe('when no rule allows the job', () => {
  it('the reason is that of the rule that came furthest', () => {
    const policy = policyOf(
      { ...openRule, name: 'other data', datasets: ['cards'] },
      { ...openRule, name: 'nearly', release: ['auc'] },
      { ...openRule, name: 'other purpose', purposes: ['marketing'] },
    );
    expect(decide(policy, warm())).toMatchObject({ code: 'POLICY_RELEASE', detail: 'kept inside: ks' });
  });
});

describe('whatever the policy says', () => {
  const refused = (changes: object, request: Partial<PolicyRequest> = {}) =>
    decide(policyOf(openRule), requestOf(changes, request));
  it('the job must name this participant', () => {
    expect(refused({ participants: ['bank-b', 'platform-x', 'bank-c'] })).toMatchObject({
      code: 'POLICY_REFUSED',
      field: 'participants',
    });
  });
  it.each([
    ['name', { name: 'rinc', caFingerprint: fingerprint }],
    ['CA', { name: 'ring', caFingerprint: 'cd'.repeat(32) }],
  ])('the coordinator must be listed by %s', (_, coordinator) => {
    expect(refused({}, { coordinator })).toMatchObject({ code: 'POLICY_COORDINATOR' });
  });
  it('every peer must be pinned', () => {
    expect(refused({ participants: ['bank-a', 'bank-b', 'platform-x', 'stranger'] })).toMatchObject({
      code: 'PEER_NOT_PINNED',
      detail: 'not pinned here: stranger',
    });
  });
  it('two contributors are too few', () => {
    expect(refused({ participants: ['bank-a', 'bank-b'] })).toMatchObject({ code: 'SPEC_TOO_FEW_PARTIES' });
  });
  it('contributors of one organisation, however spelt, count once', () => {
    const pinned = new Map([
      ['bank-b', { organisation: 'BANK  A ' }],
      ['platform-x', { organisation: 'Platform X' }],
    ]);
    expect(refused({}, { pinned })).toMatchObject({ code: 'SPEC_TOO_FEW_PARTIES' });
  });
  it('colluders + 2 organisations are needed', () => {
    const participants = ['bank-a', 'bank-b', 'platform-x', 'bank-c'];
    expect(refused({ participants, colluders: 2 })).toMatchObject({ kind: 'approve' });
    expect(refused({ participants, colluders: 3 })).toMatchObject({ code: 'SPEC_TOO_FEW_PARTIES' });
  });
});

describe('laws', () => {
  const request = fc
    .record({
      participants: fc.shuffledSubarray(['bank-a', 'bank-b', 'platform-x', 'bank-c', 'stranger'], {
        minLength: 1,
      }),
      colluders: fc.integer({ min: 0, max: 3 }),
      dataset: fc.constantFrom('loans', 'cards'),
      purpose: fc.constantFrom('credit-risk', 'marketing'),
      model: fc.constantFrom({ kind: 'logistic' }, { kind: 'mlp' }),
      algorithm: fc.constantFrom({ kind: 'fedavg' }, { kind: 'fedprox' }),
      features: fc.constantFrom({ Age: 'number' }, { Age: 'number', Income: 'number' }),
      training: fc.record({ rounds: fc.integer({ min: 1, max: 20 }) }),
      release: fc.shuffledSubarray(['auc', 'ks', 'trainLoss']),
    })
    .map((changes) => requestOf(changes, { rows: 1000 }));
  const someOf = (...values: string[]) =>
    fc.oneof(fc.constant('*'), fc.shuffledSubarray(values, { minLength: 1 }));
  const rule = fc.record({
    peers: someOf('bank-b', 'platform-x', 'bank-c'),
    datasets: someOf('loans', 'cards'),
    features: someOf('Age', 'Income'),
    except: fc.shuffledSubarray(['Age', 'Income']),
    purposes: someOf('credit-risk', 'marketing'),
    algorithms: someOf('fedavg', 'fedprox'),
    models: someOf('logistic', 'mlp'),
    minimumCohort: fc.integer({ min: 3, max: 5 }),
    minimumRows: fc.constantFrom(1, 1000, 1001),
    minimumColluders: fc.integer({ min: 0, max: 2 }),
    maximumRounds: fc.integer({ min: 1, max: 20 }),
    release: someOf('auc', 'ks'),
    approval: fc.constantFrom('automatic', 'manual'),
  });
  const named = (rules: object[]) => policyOf(...rules.map((each, i) => ({ name: `rule ${i}`, ...each })));
  /** refuse < ask < approve. */
  const grade = (rules: object[], asked: PolicyRequest) =>
    ['refuse', 'ask', 'approve'].indexOf(decide(named(rules), asked).kind);

  it('a further restriction never allows more', () => {
    const restriction = fc.constantFrom(
      ...restrictions.map(([, change]) => change).filter((change) => !('organisations' in change)),
    );
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 3 }),
        restriction,
        request,
        fc.nat(),
        (rules, change, asked, pick) => {
          const i = pick % rules.length;
          const before = rules[i] as Record<string, unknown>;
          const tightened = Object.fromEntries(
            Object.entries(change).map(([field, value]) => [field, tighter(field, before[field], value)]),
          );
          const after = rules.map((each, j) => (j === i ? { ...each, ...tightened } : each));
          expect(grade(after, asked)).toBeLessThanOrEqual(grade(rules, asked));
        },
      ),
      { numRuns: 500 },
    );
  });
  it('a further rule never allows less', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), rule, request, fc.nat(), (rules, more, asked, pick) => {
        const i = pick % (rules.length + 1);
        expect(grade(rules.toSpliced(i, 0, more), asked)).toBeGreaterThanOrEqual(grade(rules, asked));
      }),
      { numRuns: 500 },
    );
  });
  it('every refusal has a code of the catalogue and a detail', async () => {
    const { isErrorCode } = await import('../../../contract/index.js');
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), request, (rules, asked) => {
        const decision = decide(named(rules), asked);
        if (decision.kind === 'refuse') {
          expect(isErrorCode(decision.code)).toBe(true);
          expect(decision.detail.length).toBeGreaterThan(0);
        } else expect(asked.spec.participants).not.toContain('stranger');
      }),
    );
  });

  /** The field of a rule narrowed by what a restriction says of it, whatever it was before. */
  function tighter(field: string, before: unknown, value: unknown): unknown {
    if (before === undefined) return value;
    if (field === 'maximumRounds') return Math.min(before as number, value as number);
    if (field.startsWith('minimum')) return Math.max(before as number, value as number);
    if (field === 'except') return [...(before as string[]), ...(value as string[])];
    if (!Array.isArray(before)) return value;
    return before.slice(0, 1);
  }
});
