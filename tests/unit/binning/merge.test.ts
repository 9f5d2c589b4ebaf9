import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquare } from '../../../learning/binning/chi-merge.js';
import {
  type BinCounts,
  type BinShape,
  type FeatureBins,
  joinBins,
  joinCounts,
  type Merging,
  mergeBins,
  type Trend,
  trends,
} from '../../../learning/index.js';
import { coded } from '../../support/coded.js';

/** Often 0: bins of one class, where 0.5 stands for the zero, are the edge of every rule. */
const anyCount = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(30) });

/** Fine bins of a number with both classes somewhere; the last may be a missing bin. */
const countsOf = (least: number, most: number) =>
  fc
    .array(fc.tuple(anyCount, anyCount), {
      minLength: least,
      maxLength: most,
    })
    .filter((bins) => bins.some(([bad]) => bad > 0) && bins.some(([, good]) => good > 0))
    .map(
      (bins): BinCounts => ({ rows: bins.map(([bad, good]) => bad + good), bad: bins.map(([bad]) => bad) }),
    );

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const numeric = (values: number, alone = 0): BinShape => ({ values, alone, ordered: true });

/** IV from its definition, on the groups given. */
function informationOf(counts: BinCounts, groups: readonly (readonly number[])[]): number {
  const bad = total(counts.bad);
  const good = total(counts.rows) - bad;
  return total(
    groups.map((group) => {
      const groupBad = total(group.map((bin) => counts.bad[bin]!));
      const groupGood = total(group.map((bin) => counts.rows[bin]!)) - groupBad;
      const badShare = (groupBad === 0 ? 0.5 : groupBad) / bad;
      const goodShare = (groupGood === 0 ? 0.5 : groupGood) / good;
      return (badShare - goodShare) * Math.log(badShare / goodShare);
    }),
  );
}

/** All ways to cut 0 .. n - 1 into runs, by the bits of a number. */
function* partitions(n: number): Generator<number[][]> {
  for (let mask = 0; mask < 2 ** (n - 1); mask++) {
    const groups: number[][] = [[0]];
    for (let bin = 1; bin < n; bin++) {
      if (mask & (1 << (bin - 1))) groups.push([bin]);
      else groups.at(-1)!.push(bin);
    }
    yield groups;
  }
}

/** Sign changes of a run of differences; equal neighbours belong to no trend. */
function follows(rates: readonly number[], trend: Trend): boolean {
  const signs = rates.slice(1).map((rate, index) => Math.sign(rate - rates[index]!));
  if (signs.includes(0)) return false;
  const text = signs.map((sign) => (sign > 0 ? '/' : '\\')).join('');
  const pattern = {
    ascending: /^\/*$/,
    descending: /^\\*$/,
    auto: /^(\/*|\\*)$/,
    peak: /^\/*\\*$/,
    valley: /^\\*\/*$/,
  };
  return pattern[trend].test(text);
}

describe('optimal monotonic bins', () => {
  it('have the largest IV of all partitions that follow the trend and meet the floors', () => {
    fc.assert(
      fc.property(
        countsOf(1, 9),
        fc.constantFrom(...trends),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0, 0.05, 0.2),
        fc.constantFrom(0, 1, 5),
        fc.boolean(),
        (counts, trend, maxBins, minimumShare, minimumClass, withMissing) => {
          const n = counts.rows.length - Number(withMissing);
          fc.pre(n > 0);
          const shape = numeric(n, Number(withMissing));
          const least = Math.max(1, Math.floor(minimumShare * total(counts.rows) + 1e-9));
          let best = Number.NEGATIVE_INFINITY;
          const fits = (groups: readonly (readonly number[])[]) => {
            const merged = joinCounts(counts, groups);
            return (
              groups.length <= maxBins &&
              merged.rows.every(
                (rows, at) =>
                  rows >= least && merged.bad[at]! >= minimumClass && rows - merged.bad[at]! >= minimumClass,
              ) &&
              follows(
                merged.rows.map((rows, at) => merged.bad[at]! / rows),
                trend,
              )
            );
          };
          for (const groups of partitions(n)) {
            if (fits(groups)) best = Math.max(best, informationOf(counts, groups));
          }
          const found = mergeBins(
            counts,
            shape,
            { method: 'monotonic', maxBins, trend },
            { minimumShare, minimumClass },
          );
          const own = found.slice(0, found.length - shape.alone);
          if (best === Number.NEGATIVE_INFINITY) expect(own).toHaveLength(1);
          else {
            expect(fits(own)).toBe(true);
            expect(Math.abs(informationOf(counts, own) - best)).toBeLessThan(1e-9);
          }
          if (withMissing) expect(found.at(-1)).toEqual([n]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('find a planted peak, and no peak with a trend that must rise', () => {
    const counts = { rows: [100, 100, 100, 100, 100], bad: [10, 20, 60, 30, 10] };
    const found = (trend: Trend) => mergeBins(counts, numeric(5), { method: 'monotonic', maxBins: 5, trend });
    expect(found('peak')).toEqual([[0], [1], [2], [3], [4]]);
    // Falling: the first three have 90 bad of 300, the rate of the fourth, so the four are one bin.
    expect(found('ascending')).toEqual([[0], [1], [2, 3, 4]]);
    expect(found('descending')).toEqual([[0, 1, 2, 3], [4]]);
    expect(found('valley')).not.toEqual(found('peak'));
  });

  it('mirror: counts in reverse order under the opposite trend give the mirrored bins in value', () => {
    fc.assert(
      fc.property(countsOf(2, 20), ({ rows, bad }) => {
        const n = rows.length;
        const rising = { method: 'monotonic', maxBins: 8, trend: 'ascending' } as const;
        const forward = mergeBins({ rows, bad }, numeric(n), rising, { minimumClass: 1 });
        const turned = { rows: [...rows].reverse(), bad: [...bad].reverse() };
        const back = mergeBins(turned, numeric(n), { ...rising, trend: 'descending' }, { minimumClass: 1 });
        expect(Math.abs(informationOf({ rows, bad }, forward) - informationOf(turned, back))).toBeLessThan(
          1e-9,
        );
      }),
    );
  });
});

describe('chi-square', () => {
  it('equals tables worked by hand', () => {
    // 10/20 bad/good against 30/40: N (ad - bc)^2 / margins = 100 · 200^2 / (30 · 70 · 40 · 60) = 50/63.
    expect(chiSquare({ rows: 30, bad: 10 }, { rows: 70, bad: 30 })).toBeCloseTo(50 / 63, 14);
    // Complete separation of two halves: N.
    expect(chiSquare({ rows: 25, bad: 25 }, { rows: 25, bad: 0 })).toBeCloseTo(50, 12);
    // From expected counts: 12/28 against 18/12 of 70; 17.142857.. and 12.857142.. bad expected.
    const expectedBad = [(40 * 30) / 70, (30 * 30) / 70];
    const byCells =
      (12 - expectedBad[0]!) ** 2 / expectedBad[0]! +
      (18 - expectedBad[1]!) ** 2 / expectedBad[1]! +
      (28 - (40 - expectedBad[0]!)) ** 2 / (40 - expectedBad[0]!) +
      (12 - (30 - expectedBad[1]!)) ** 2 / (30 - expectedBad[1]!);
    expect(chiSquare({ rows: 40, bad: 12 }, { rows: 30, bad: 18 })).toBeCloseTo(byCells, 12);
  });

  it('is 0 for equal rates and for empty rows or classes', () => {
    expect(chiSquare({ rows: 10, bad: 2 }, { rows: 100, bad: 20 })).toBe(0);
    expect(chiSquare({ rows: 0, bad: 0 }, { rows: 100, bad: 20 })).toBe(0);
    expect(chiSquare({ rows: 10, bad: 0 }, { rows: 100, bad: 0 })).toBe(0);
  });
});

describe('chi-merge', () => {
  const chi = (maxBins: number, threshold: number): Merging => ({ method: 'chi', maxBins, threshold });
  const noFloors = { minimumShare: 0, minimumClass: 0 };

  it('joins what does not differ and keeps what does', () => {
    const counts = { rows: [100, 100, 100, 100], bad: [10, 11, 40, 42] };
    expect(mergeBins(counts, numeric(4), chi(10, 3.841))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(mergeBins(counts, numeric(4), chi(1, 0))).toEqual([[0, 1, 2, 3]]);
    expect(mergeBins(counts, numeric(4), chi(10, 0))).toEqual([[0], [1], [2], [3]]);
  });

  it('leaves at most maxBins, all neighbours apart by the threshold, floors met', () => {
    fc.assert(
      fc.property(
        countsOf(2, 20),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 2.706, 6.635),
        (counts, maxBins, threshold) => {
          const n = counts.rows.length - 1;
          const groups = mergeBins(counts, numeric(n, 1), chi(maxBins, threshold));
          const values = groups.slice(0, -1);
          expect(groups.at(-1)).toEqual([n]);
          expect(groups.flat()).toEqual(Array.from({ length: n + 1 }, (_, bin) => bin));
          expect(values.length).toBeLessThanOrEqual(maxBins);
          const { rows, bad } = joinCounts(counts, values);
          if (values.length === 1) return;
          rows.forEach((count, at) => {
            expect(count).toBeGreaterThanOrEqual(Math.floor(0.05 * total(counts.rows)));
            expect(Math.min(bad[at]!, count - bad[at]!)).toBeGreaterThanOrEqual(5);
            if (at === 0) return;
            const [a, b] = [bad[at - 1]!, rows[at - 1]! - bad[at - 1]!];
            const [c, d] = [bad[at]!, count - bad[at]!];
            const square = ((a + b + c + d) * (a * d - b * c) ** 2) / ((a + b) * (c + d) * (a + c) * (b + d));
            expect(square).toBeGreaterThanOrEqual(threshold - 1e-9);
          });
        },
      ),
    );
  });

  it('joins, at the start, only the pair that differs least', () => {
    fc.assert(
      fc.property(countsOf(3, 12), (counts) => {
        const n = counts.rows.length;
        const groups = mergeBins(counts, numeric(n), chi(n - 1, 0), noFloors);
        fc.pre(groups.length === n - 1 && counts.rows.every((rows) => rows > 0));
        const pair = groups.find((group) => group.length === 2)!;
        const cell = (bin: number) => ({ rows: counts.rows[bin]!, bad: counts.bad[bin]! });
        const all = Array.from({ length: n - 1 }, (_, bin) => chiSquare(cell(bin), cell(bin + 1)));
        expect(all[pair[0]!]).toBe(Math.min(...all));
      }),
    );
  });
});

describe('bins of categories', () => {
  const shape: BinShape = { values: 4, alone: 1, ordered: false };
  const counts = { rows: [100, 100, 100, 100, 7], bad: [40, 10, 41, 12, 1] };

  it('join by bad rate wherever they stand, missing alone', () => {
    for (const merging of [
      { method: 'chi', maxBins: 2, threshold: 0 },
      { method: 'monotonic', maxBins: 2, trend: 'auto' },
    ] as const) {
      expect(mergeBins(counts, shape, merging)).toEqual([[0, 2], [1, 3], [4]]);
    }
  });

  it('join alike however the categories are numbered', () => {
    const merging = { method: 'monotonic', maxBins: 3, trend: 'auto' } as const;
    fc.assert(
      fc.property(countsOf(3, 8), fc.infiniteStream(fc.nat()), (given, keys) => {
        const n = given.rows.length;
        const rates = given.rows.map((rows, bin) => given.bad[bin]! / Math.max(1, rows));
        fc.pre(new Set(rates).size === n);
        const order = Array.from({ length: n }, (_, bin) => ({ bin, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ bin }) => bin);
        const unordered = { values: n, alone: 0, ordered: false };
        const plain = mergeBins(given, unordered, merging);
        const renumbered = mergeBins(
          joinCounts(
            given,
            order.map((bin) => [bin]),
          ),
          unordered,
          merging,
        ).map((group) => group.map((bin) => order[bin]!));
        const asSets = (groups: number[][]) =>
          groups.map((group) => [...group].sort((a, b) => a - b).join()).sort();
        expect(asSets(renumbered)).toEqual(asSets(plain));
      }),
    );
  });
});

describe('a grouping applied by the owner', () => {
  const number: FeatureBins = { kind: 'number', cuts: [1, 2, 3], special: [-9], unseen: [], missing: true };
  const levels: FeatureBins = {
    kind: 'category',
    groups: [['a'], ['b'], ['c'], ['x', 'y']],
    other: 3,
    missing: false,
  };

  it('keeps the cuts between groups, and joins level lists', () => {
    expect(joinBins(number, [[0, 1], [2], [3], [4], [5]])).toEqual({ ...number, cuts: [2, 3] });
    expect(
      joinBins(levels, [
        [0, 3],
        [1, 2],
      ]),
    ).toEqual({
      ...levels,
      groups: [
        ['a', 'x', 'y'],
        ['b', 'c'],
      ],
      other: 0,
    });
  });

  it('is refused unless it is one: gaps, repeats, wrong order, joins of bins that stay alone', () => {
    for (const groups of [
      [],
      [[0, 1], [2], [3], [4]],
      [[0, 2], [1], [3], [4], [5]],
      [[1], [0], [2], [3], [4], [5]],
      [[0, 1], [1, 2], [3], [4], [5]],
      [[0], [1], [2, 3, 4], [5]],
      [[0], [1], [2], [3], [4, 5]],
      [[0], [1], [2], [3], [5], [4]],
      [[0], [], [1], [2], [3], [4], [5]],
      [[0], [1], [2], [3.5], [4], [5]],
    ]) {
      expect(
        coded(() => joinBins(number, groups)),
        JSON.stringify(groups),
      ).toBe('PARCEL_MALFORMED');
    }
    expect(
      coded(() =>
        joinBins(levels, [
          [1, 2],
          [0, 3],
        ]),
      ),
    ).toBe('PARCEL_MALFORMED');
    expect(coded(() => joinBins(levels, [[2, 1], [0], [3]]))).toBe('PARCEL_MALFORMED');
  });
});

it('merging refuses more bins than it can search', () => {
  const counts = { rows: [10, 10], bad: [5, 5] };
  for (const maxBins of [0, 51, 1.5]) {
    expect(coded(() => mergeBins(counts, numeric(2), { method: 'chi', maxBins, threshold: 3.841 }))).toBe(
      'SPEC_INVALID',
    );
  }
  expect(mergeBins(counts, numeric(1, 1), { method: 'none' })).toEqual([[0], [1]]);
});
