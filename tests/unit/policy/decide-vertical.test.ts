import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isErrorCode } from '../../../contract/index.js';
import { decideVertical, emptyPolicy, type VerticalRequest } from '../../../participant/policy/index.js';
import {
  asPlatform,
  binningJob,
  boostingJob,
  openRule,
  openVertical,
  policyOf,
  scoringJob,
  verticalPolicyOf,
  verticalRequestOf,
} from './requests.js';

/** One restriction at a time: what it adds to the open rule, what it refuses the label holder. */
const restrictions: readonly (readonly [string, object, string, string])[] = [
  ['dataset', { datasets: ['cards'] }, 'POLICY_DATASET', 'parties.bank-a.dataset'],
  ['purpose', { purposes: ['marketing'] }, 'POLICY_PURPOSE', 'purpose'],
  ['peer by name', { peers: ['platform-y'] }, 'POLICY_PEER', 'parties'],
  ['peer by organisation', { peers: undefined, organisations: ['Bank B'] }, 'POLICY_PEER', 'parties'],
  ['type', { types: ['binning', 'scoring'] }, 'POLICY_ALGORITHM', 'type'],
  ['feature', { features: ['Amount'] }, 'POLICY_FEATURE', 'parties.bank-a.features'],
  ['withheld feature', { except: ['Records'] }, 'POLICY_FEATURE', 'parties.bank-a.features'],
  ['WOE', { labels: { fit: true } }, 'POLICY_LABELS', 'type'],
  ['fit', { labels: { woe: true } }, 'POLICY_LABELS', 'type'],
  ['own rows', { alignment: { minimumOwnRows: 1001 } }, 'POLICY_ALIGNMENT', 'parties.bank-a.dataset'],
  ['iterations', { maximumIterations: 9 }, 'POLICY_ROUNDS', 'training.iterations'],
  ['metrics', { release: ['auc'] }, 'POLICY_RELEASE', 'release'],
  ['expiry', { expires: '2026-05-31' }, 'POLICY_REFUSED', ''],
];

const decided = (rule: object, request: VerticalRequest) =>
  decideVertical(verticalPolicyOf({ ...openVertical, ...rule }), request);

describe('default refuse', () => {
  it('without a policy, without a rule, and by horizontal rules alone', () => {
    const asked = verticalRequestOf();
    expect(decideVertical(emptyPolicy, asked)).toMatchObject({ code: 'POLICY_COORDINATOR' });
    expect(decideVertical(verticalPolicyOf(), asked)).toMatchObject({ code: 'POLICY_REFUSED' });
    expect(decideVertical(policyOf(openRule), asked)).toMatchObject({ code: 'POLICY_REFUSED' });
  });
  it('of everything that labels and scores could tell, when a rule does not speak of it', () => {
    const silent = { labels: undefined, scores: undefined };
    expect(decided(silent, verticalRequestOf())).toMatchObject({ code: 'POLICY_LABELS' });
    expect(decided(silent, verticalRequestOf({}, asPlatform))).toMatchObject({ code: 'POLICY_SCORES' });
  });
});

describe('a job without encryption', () => {
  const clear = { ...boostingJob, plaintext: true };
  it.each([
    ['label holder', {}],
    ['feature holder', asPlatform],
  ])('is refused at a %s that was not started for it, whatever the rules allow', (_, as) => {
    const refused = { kind: 'refuse', code: 'PLAINTEXT_REFUSED', field: 'plaintext' };
    expect(decided({}, verticalRequestOf(clear, as))).toMatchObject(refused);
    expect(decided({}, verticalRequestOf(clear, { ...as, plaintext: false }))).toMatchObject(refused);
    const started = decided({}, verticalRequestOf(clear, { ...as, plaintext: true }));
    expect(started).toMatchObject({ kind: 'approve', grant: { plaintext: true } });
  });

  it('is nothing that a node started for it grants to other jobs', () => {
    const encrypted = decided({}, verticalRequestOf(boostingJob, { plaintext: true }));
    expect(encrypted).toMatchObject({ kind: 'approve' });
    expect(encrypted).not.toHaveProperty('grant.plaintext');
  });
});

describe('boosting', () => {
  it.each([
    ['labels that may not steer trees', {}, { labels: { woe: true } }, 'POLICY_LABELS', 'type'],
    ['sides of rows that stay inside', asPlatform, { scores: { batch: 'holdout' } }, 'POLICY_SCORES', 'type'],
    ['more trees than allowed', {}, { maximumTrees: 29 }, 'POLICY_ROUNDS', 'trees.count'],
  ])('is refused for %s', (_, as, rule, code, field) => {
    expect(decided(rule, verticalRequestOf(boostingJob, as))).toMatchObject({ code, field });
  });

  it('is approved where labels may steer it and sides may leave, with as many trees as allowed', () => {
    const rule = { labels: { fit: true }, scores: { batch: 'all' }, maximumTrees: 30 };
    expect(decided(rule, verticalRequestOf(boostingJob))).toMatchObject({ kind: 'approve' });
    expect(decided(rule, verticalRequestOf(boostingJob, asPlatform))).toMatchObject({ kind: 'approve' });
  });
});

describe('a vertical rule', () => {
  it('that is open approves, and hands on what the work must keep to', () => {
    expect(decided({ alignment: { maximumPeerRows: 5000 } }, verticalRequestOf())).toEqual({
      kind: 'approve',
      rule: 'pair',
      grant: {
        maximumPeerRows: 5000,
        minimumOwnRows: 100,
        minimumCommonRows: 100,
        woe: true,
        scores: 'none',
        maximumReleasedShare: 0.5,
      },
    });
  });
  it.each(restrictions)('restricting %s refuses with its code and field', (_, restriction, code, field) => {
    expect(decided(restriction, verticalRequestOf())).toMatchObject({ kind: 'refuse', code, field });
  });
  it('with manual approval asks, unless another approves by itself', () => {
    const manual = { ...openVertical, name: 'ask me', approval: undefined };
    const asked = verticalRequestOf();
    expect(decideVertical(verticalPolicyOf(manual), asked)).toMatchObject({ kind: 'ask', rule: 'ask me' });
    expect(decideVertical(verticalPolicyOf(manual, openVertical), asked)).toMatchObject({ rule: 'pair' });
  });
  it('grants what the deciding rule says, not what another rule would', () => {
    const closed = { ...openVertical, name: 'no labels', labels: {}, types: ['binning'] };
    const decision = decideVertical(verticalPolicyOf(closed, openVertical), verticalRequestOf(binningJob));
    expect(decision).toMatchObject({ rule: 'no labels', grant: { woe: false } });
  });
});

describe('labels, at the label holder', () => {
  it('a binning needs no permission for WOE: then information values are all that is told', () => {
    expect(decided({ labels: {} }, verticalRequestOf(binningJob))).toMatchObject({
      kind: 'approve',
      grant: { woe: false },
    });
    expect(decided({ labels: { woe: true } }, verticalRequestOf(binningJob))).toMatchObject({
      grant: { woe: true },
    });
  });
  it('a waiver comes with the decision, so that it can be written down', () => {
    const waiver = 'J. Doe, CRO: pilot with audited partner';
    const labels = { woe: true, fit: true, waiver };
    expect(decided({ labels }, verticalRequestOf())).toMatchObject({ waiver });
    expect(decided({ labels }, verticalRequestOf({}, asPlatform))).not.toHaveProperty('waiver');
    expect(decided({}, verticalRequestOf())).not.toHaveProperty('waiver');
  });
  it.each([
    ['classFloor', 4],
    ['minimumShare', 0.005],
  ])('bins finer than %s allows are refused: a bin of few rows tells their labels', (field, value) => {
    const fine = { binning: { [field]: value } };
    const refused = { kind: 'refuse', code: 'POLICY_LABELS', field: `binning.${field}` };
    expect(decided({}, verticalRequestOf(fine))).toMatchObject(refused);
    const labels = { woe: true, fit: true, [field]: value };
    expect(decided({ labels }, verticalRequestOf(fine)).kind).toBe('approve');
    expect(decided({}, verticalRequestOf(fine, asPlatform)).kind).toBe('approve');
  });
  it('are not the business of a feature holder', () => {
    const decision = decided({ labels: { woe: true } }, verticalRequestOf({}, asPlatform));
    expect(decision).toMatchObject({ kind: 'approve', grant: { woe: false } });
  });
});

describe('scores, at a feature holder', () => {
  const asked = (batch: string, job: object) =>
    decided({ scores: { batch } }, verticalRequestOf(job, asPlatform));
  const silentTraining = { scores: { release: 'none' } };
  it.each([
    ['none', 'training', {}, 'POLICY_SCORES'],
    ['none', 'training without release', silentTraining, 'approve'],
    ['none', 'binning', binningJob, 'approve'],
    ['none', 'scoring', scoringJob, 'POLICY_SCORES'],
    ['holdout', 'training', {}, 'approve'],
    ['holdout', 'scoring', scoringJob, 'POLICY_SCORES'],
    ['all', 'training', {}, 'approve'],
    ['all', 'scoring', scoringJob, 'approve'],
  ])('batch %s and %s', (batch, _, job, expected) => {
    const decision = asked(batch, job);
    expect(decision.kind === 'refuse' ? decision.code : decision.kind).toBe(expected);
    if (decision.kind !== 'refuse') expect(decision.grant.scores).toBe(batch);
  });
  it('of the label holder never leave', () => {
    const decision = decided({ scores: { batch: 'none' } }, verticalRequestOf(scoringJob));
    expect(decision).toMatchObject({ kind: 'approve', grant: { scores: 'none' } });
  });
  it('come from the features of the model, which a rule may have withdrawn since', () => {
    const request = verticalRequestOf(scoringJob, { ...asPlatform, modelFeatures: ['Age', 'Income'] });
    expect(decided({}, request).kind).toBe('approve');
    expect(decided({ except: ['Income'] }, request)).toMatchObject({
      code: 'POLICY_FEATURE',
      detail: 'withheld: Income',
    });
  });
});

describe('alignment', () => {
  const withSessions = (used: number, who = 'platform-x') =>
    decided(
      { alignment: { sessionsPerMonth: 3 } },
      verticalRequestOf({}, { sessionsUsed: new Map([[who, used]]) }),
    );
  it('ends when the sessions with a peer are used up', () => {
    expect(withSessions(2).kind).toBe('approve');
    expect(withSessions(3)).toMatchObject({
      code: 'POLICY_ALIGNMENT',
      detail: '3 alignments in 30 days are used up with platform-x',
    });
    expect(withSessions(3, 'platform-y').kind).toBe('approve');
  });
  it('is judged before rows are read as if there were enough', () => {
    const uncounted = verticalRequestOf({}, { rows: Number.POSITIVE_INFINITY });
    expect(decided({ alignment: { minimumOwnRows: 100_000_000 } }, uncounted).kind).toBe('approve');
  });
});

describe('whatever the policy says', () => {
  const refused = (changes: object, request: Partial<VerticalRequest> = {}) =>
    decided({}, verticalRequestOf(changes, request));
  it('the job must name this participant, by its own name', () => {
    for (const name of ['bank-b', 'constructor', '__proto__']) {
      expect(refused({}, { me: { name, organisation: 'X' } })).toMatchObject({
        code: 'POLICY_REFUSED',
        field: 'parties',
      });
    }
  });
  it('the coordinator must be listed', () => {
    const coordinator = { name: 'ring', caFingerprint: 'cd'.repeat(32) };
    expect(refused({}, { coordinator })).toMatchObject({ code: 'POLICY_COORDINATOR' });
  });
  it('every peer must be pinned', () => {
    expect(refused({}, { pinned: new Map() })).toMatchObject({
      code: 'PEER_NOT_PINNED',
      detail: 'not pinned here: platform-x',
    });
  });
  it('a pair is enough, but not of one organisation, however spelt', () => {
    const pinned = new Map([['platform-x', { organisation: ' BANK　a' }]]);
    expect(refused({}, { pinned })).toMatchObject({ code: 'SPEC_TOO_FEW_PARTIES' });
  });
});

describe('laws', () => {
  const request = fc
    .record({
      platform: fc.boolean(),
      job: fc.constantFrom({}, { scores: { release: 'none' } }, binningJob, scoringJob),
      purpose: fc.constantFrom('credit-risk', 'marketing'),
      release: fc.shuffledSubarray(['auc', 'ks', 'iv']),
      rows: fc.constantFrom(50, 1000, Number.POSITIVE_INFINITY),
      sessions: fc.nat(4),
    })
    .map(({ platform, job, purpose, release, rows, sessions }) =>
      verticalRequestOf(
        { ...job, purpose, release },
        {
          ...(platform && asPlatform),
          rows,
          sessionsUsed: new Map([
            ['platform-x', sessions],
            ['bank-a', sessions],
          ]),
        },
      ),
    );
  const someOf = (...values: string[]) =>
    fc.oneof(fc.constant('*'), fc.shuffledSubarray(values, { minLength: 1 }));
  const rule = fc.record({
    peers: someOf('bank-a', 'platform-x'),
    datasets: someOf('loans', 'customers'),
    features: someOf('Amount', 'Records', 'Age', 'Income'),
    except: fc.shuffledSubarray(['Records', 'Income'], { maxLength: 1 }),
    purposes: someOf('credit-risk', 'marketing'),
    types: someOf('binning', 'training', 'scoring'),
    alignment: fc.record({
      minimumOwnRows: fc.constantFrom(1, 500),
      sessionsPerMonth: fc.integer({ min: 1, max: 4 }),
    }),
    labels: fc.record({ woe: fc.boolean(), fit: fc.boolean() }),
    scores: fc.record({ batch: fc.constantFrom('none', 'holdout', 'all') }),
    release: someOf('auc', 'iv'),
    maximumIterations: fc.constantFrom(5, 20),
    approval: fc.constantFrom('automatic', 'manual'),
  });
  const named = (rules: object[]) =>
    verticalPolicyOf(...rules.map((each, i) => ({ name: `r${i}`, ...each })));
  /** refuse < ask < approve. */
  const grade = (rules: object[], asked: VerticalRequest) =>
    ['refuse', 'ask', 'approve'].indexOf(decideVertical(named(rules), asked).kind);
  const shut = fc.constantFrom<object[]>(
    [{ labels: {} }, { scores: {} }, { maximumIterations: 1 }, { release: [] }],
    [{ alignment: { minimumOwnRows: 2000, sessionsPerMonth: 1 } }, { expires: '2020-01-01' }],
  );

  it('a further restriction never allows more; a further rule never allows less', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 3 }),
        shut,
        rule,
        request,
        (rules, cuts, more, asked) => {
          const before = grade(rules, asked);
          for (const cut of cuts) {
            const [first, ...others] = rules as object[];
            expect(grade([{ ...first, ...cut }, ...others], asked)).toBeLessThanOrEqual(before);
          }
          expect(grade([...rules, more], asked)).toBeGreaterThanOrEqual(before);
        },
      ),
      { numRuns: 300 },
    );
  });
  it('nothing is granted beyond the job type and the role, and refusals are coded', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), request, (rules, asked) => {
        const decision = decideVertical(named(rules), asked);
        if (decision.kind === 'refuse') {
          expect(isErrorCode(decision.code) && decision.detail.length > 0).toBe(true);
          return;
        }
        const chosen = rules[Number(decision.rule.slice(1))]!;
        const labelHolder = asked.me.name === 'bank-a';
        expect(decision.grant.woe).toBe(labelHolder && chosen.labels.woe);
        expect(decision.grant.scores).toBe(labelHolder ? 'none' : chosen.scores.batch);
        if (asked.spec.type === 'scoring' && !labelHolder) expect(decision.grant.scores).toBe('all');
        if (asked.spec.type === 'training' && labelHolder)
          expect(chosen.labels).toEqual({ woe: true, fit: true });
      }),
      { numRuns: 300 },
    );
  });
});
