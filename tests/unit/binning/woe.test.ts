import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aucOfBins,
  type BinCounts,
  type BinShape,
  exactMetrics,
  foreignCounts,
  labelled,
  refuseEmptyFeature,
  refuseSeparating,
  valueBand,
  weightOfEvidence,
  woeOfBins,
} from '../../../learning/index.js';
import { coded } from '../../support/coded.js';

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const number = (values: number, alone = 0): BinShape => ({ values, alone, ordered: true });
const category = (values: number, alone = 0): BinShape => ({ values, alone, ordered: false });

const cases = fc
  .record({
    bins: fc.array(fc.tuple(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 0, max: 25 })), {
      minLength: 1,
      maxLength: 14,
    }),
    alone: fc.integer({ min: 0, max: 3 }),
    ordered: fc.boolean(),
    floor: fc.integer({ min: 0, max: 8 }),
  })
  .filter(({ bins, alone }) => bins.length > alone)
  .filter(({ bins }) => bins.some(([bad]) => bad > 0) && bins.some(([, good]) => good > 0))
  .map(({ bins, alone, ordered, floor }) => ({
    counts: { rows: bins.map(([bad, good]) => bad + good), bad: bins.map(([bad]) => bad) },
    shape: { values: bins.length - alone, alone, ordered },
    floor,
  }));

describe('WOE under the class floor', () => {
  it('rests on pools that hold floor bad and good rows, of two bins at least where a bin fails', () => {
    fc.assert(
      fc.property(cases, ({ counts, shape, floor }) => {
        const { bins, iv } = weightOfEvidence(counts, shape, floor);
        const bad = total(counts.bad);
        const good = total(counts.rows) - bad;
        const pools = [...new Set(bins.map(({ pool }) => pool))];
        for (const pool of pools) {
          const members = bins.filter((bin) => bin.pool === pool);
          const poolBad = total(members.map((bin) => bin.bad));
          const poolGood = total(members.map((bin) => bin.rows)) - poolBad;
          expect(new Set(members.map(({ woe }) => woe)).size).toBe(1);
          if (pools.length > 1) expect(Math.min(poolBad, poolGood)).toBeGreaterThanOrEqual(floor);
          if (poolBad > 0 && poolGood > 0) {
            expect(members[0]!.woe).toBeCloseTo(Math.log(poolBad / bad / (poolGood / good)), 10);
          }
          const failing = members.some((bin) => bin.bad < floor || bin.rows - bin.bad < floor);
          if (failing && bins.length > 1) expect(members.length).toBeGreaterThan(1);
          if (!failing) {
            // A bin that holds the floors is pooled only to make room for one that does not.
            expect(members.length).toBe(1);
          }
        }
        const ofPools = pools.map((pool) => {
          const members = bins.filter((bin) => bin.pool === pool);
          const poolBad = total(members.map((bin) => bin.bad)) || 0.5;
          const poolGood = total(members.map((bin) => bin.rows - bin.bad)) || 0.5;
          const empty = members.every((bin) => bin.rows === 0);
          return empty ? 0 : (poolBad / bad - poolGood / good) * Math.log(poolBad / bad / (poolGood / good));
        });
        expect(iv).toBeCloseTo(total(ofPools), 10);
        expect(iv).toBeCloseTo(total(bins.map((bin) => bin.iv)), 12);
        expect(iv).toBeGreaterThanOrEqual(-1e-12);
      }),
      { numRuns: 500 },
    );
  });

  it('pools a number with its neighbours, a category among its failing levels', () => {
    const counts = { rows: [50, 4, 40, 50, 6], bad: [20, 1, 10, 30, 6] };
    // The second joins the third (40 rows against 50), the last the fourth.
    expect(weightOfEvidence(counts, number(5), 5).bins.map(({ pool }) => pool)).toEqual([0, 1, 1, 2, 2]);
    // The two small levels have 7 bad and 3 good together, so the largest level, the first of two, joins them.
    expect(weightOfEvidence(counts, category(5), 5).bins.map(({ pool }) => pool)).toEqual([0, 0, 1, 2, 0]);
  });

  it('chooses partners without looking at labels: a missing row joins the same bins whatever it is', () => {
    const rows = [200, 300, 100, 1];
    const pools = (last: number) =>
      weightOfEvidence({ rows, bad: [20, 90, 60, last] }, number(3, 1), 5).bins.map(({ pool }) => pool);
    expect(pools(0)).toEqual([0, 1, 2, 1]);
    expect(pools(1)).toEqual(pools(0));
  });

  it('is 0 everywhere when nothing reaches the floor, and in an empty bin without floor', () => {
    expect(woeOfBins(weightOfEvidence({ rows: [3, 3], bad: [1, 2] }, number(2), 5))).toEqual([0, 0]);
    const { bins } = weightOfEvidence({ rows: [10, 0, 10], bad: [2, 0, 5] }, number(3), 0);
    expect(bins[1]).toMatchObject({ woe: 0, iv: 0, badRate: null });
  });

  it('needs both classes', () => {
    expect(coded(() => weightOfEvidence({ rows: [5, 5], bad: [0, 0] }, number(2), 5))).toBe(
      'DATASET_ONE_CLASS',
    );
    expect(coded(() => weightOfEvidence({ rows: [5], bad: [5] }, number(1), 0))).toBe('DATASET_ONE_CLASS');
  });
});

it('IV bands start at 0.02, 0.1, 0.3 and 0.5', () => {
  const at = [0, 0.0199, 0.02, 0.0999, 0.1, 0.2999, 0.3, 0.4999, 0.5, 7].map(valueBand);
  const expected = ['useless', 'weak', 'medium', 'strong', 'suspect'].flatMap((band) => [band, band]);
  expect(at).toEqual(expected);
});

it('labels stand beside the bins they belong to', () => {
  const table = weightOfEvidence({ rows: [10, 10, 4], bad: [2, 5, 1] }, number(2, 1), 0);
  const bins = { kind: 'number', cuts: [7], special: [], unseen: [], missing: true } as const;
  const texts = labelled(table, { ...bins, cuts: [7], special: [], unseen: [] }).bins.map(
    ({ label }) => label,
  );
  expect(texts).toEqual(['<= 7', '> 7', 'missing']);
  expect(table.bins.some((bin) => 'label' in bin)).toBe(false);
});

describe('counts of a partner', () => {
  const given = (rows: number[], bad: number[]) => coded(() => foreignCounts(rows, bad, number(2, 1), 30, 9));

  it('must be counts of these bins that add up', () => {
    expect(given([10, 15, 5], [2, 3, 4])).toBe('no error');
    for (const [rows, bad] of [
      [
        [10, 20],
        [2, 7],
      ],
      [
        [10, 15, 4],
        [2, 3, 4],
      ],
      [
        [10, 15, 5],
        [2, 3, 3],
      ],
      [
        [10, 15, 5],
        [2, 1, 6],
      ],
      [
        [10, 15, 5],
        [12, 1, -4],
      ],
      [
        [10.5, 14.5, 5],
        [2, 3, 4],
      ],
      [
        [10, Number.NaN, 5],
        [2, 3, 4],
      ],
    ] as [number[], number[]][]) {
      expect(given(rows, bad), `${rows} ${bad}`).toBe('PARCEL_MALFORMED');
    }
  });
});

describe('features that cannot serve', () => {
  const bins = { kind: 'number', cuts: [1], special: [], unseen: [], missing: true } as const;
  const check = (rows: number[]) => {
    try {
      refuseEmptyFeature('income', { ...bins, cuts: [1], special: [], unseen: [] }, rows, 'platform-x');
      return 'fine';
    } catch (thrown) {
      return thrown;
    }
  };

  it('are refused with their name and owner: all missing, one bin', () => {
    expect(check([0, 0, 9])).toMatchObject({ code: 'FEATURE_MISSING_ALL', parties: ['platform-x'] });
    expect(check([0, 9, 0])).toMatchObject({ code: 'FEATURE_CONSTANT', parties: ['platform-x'] });
    expect(check([0, 9, 0])).toMatchObject({ message: expect.stringContaining('income') });
    expect(check([0, 9, 1])).toBe('fine');
  });

  const separates = (counts: BinCounts) =>
    coded(() => refuseSeparating('collections', counts, number(counts.rows.length), 'bank-a'));

  it('are refused when they contain the answer, wholly or for one side', () => {
    expect(separates({ rows: [800, 200], bad: [0, 200] })).toBe('FEATURE_SEPARATES');
    expect(separates({ rows: [800, 200], bad: [2, 199] })).toBe('FEATURE_SEPARATES');
    // Ten rows: half a row in place of a zero keeps the IV at 4.1, the AUC is 1.
    expect(separates({ rows: [5, 5], bad: [0, 5] })).toBe('FEATURE_SEPARATES');
    // Only bad customers carry the flag, 140 of 200.
    expect(separates({ rows: [8060, 140], bad: [60, 140] })).toBe('FEATURE_SEPARATES');
    // The strongest honest feature at hand, PAY_0 of default_credit: IV 0.86.
    expect(separates({ rows: [12_000, 2000, 2000], bad: [1700, 700, 1400] })).toBe('no error');
    expect(separates({ rows: [100, 100], bad: [30, 20] })).toBe('no error');
  });

  it('are measured by the AUC of their bins, as the exact AUC of their rows has it', () => {
    fc.assert(
      fc.property(cases, ({ counts }) => {
        const scores = counts.rows.flatMap((rows, bin) => Array<number>(rows).fill(counts.bad[bin]! / rows));
        const labels = counts.rows.flatMap((rows, bin) => [
          ...Array<number>(counts.bad[bin]!).fill(1),
          ...Array<number>(rows - counts.bad[bin]!).fill(0),
        ]);
        expect(aucOfBins(counts)).toBeCloseTo(exactMetrics(scores, labels)!.auc, 12);
      }),
    );
  });
});
