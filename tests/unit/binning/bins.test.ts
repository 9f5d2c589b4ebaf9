import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignBins,
  binCount,
  binLabels,
  categoryBins,
  countRows,
  featureBins,
  fineCutting,
  type NumberCutting,
  numberBins,
  unknownBin,
  woeColumn,
} from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import { coded } from '../../support/coded.js';

const numbers = (...values: (number | undefined)[]) =>
  Float64Array.from(values, (value) => value ?? Number.NaN);
const category = (...texts: (string | undefined)[]) => {
  const levels = [...new Set(texts.filter((text) => text !== undefined))].sort();
  return {
    levels,
    codes: Int32Array.from(texts, (text) => (text === undefined ? -1 : levels.indexOf(text))),
  };
};
const tied = fc.array(fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined, freq: 8 }), {
  minLength: 1,
  maxLength: 300,
});
const cuttings = fc.oneof(
  fc.record({ method: fc.constantFrom('quantile', 'width'), bins: fc.integer({ min: 1, max: 25 }) }),
  fc.record({
    method: fc.constant('breaks'),
    cuts: fc.uniqueArray(fc.integer({ min: -15, max: 15 })).map((cuts) => cuts.sort((a, b) => a - b)),
  }),
) as fc.Arbitrary<NumberCutting>;

describe('numeric bins', () => {
  it('hold the cut in the lower bin, special values and missing after the value bins', () => {
    const values = numbers(1, 2, 3, 4, -999, undefined, 2.5);
    const bins = numberBins(
      values,
      { method: 'breaks', cuts: [2, 3] },
      { special: [-999, -998], minimumShare: 0 },
    );
    expect(bins).toEqual({ kind: 'number', cuts: [2, 3], special: [-999], unseen: [-998], missing: true });
    expect([...assignBins(values, bins)]).toEqual([0, 0, 1, 2, 3, 4, 1]);
    expect(binLabels(bins)).toEqual(['<= 2', '(2, 3]', '> 3', '= -999', 'missing']);
  });

  it('give what training never saw no bin: a special value, missing', () => {
    const bins = numberBins(
      numbers(1, 2, 3, 4),
      { method: 'width', bins: 2 },
      { special: [0], minimumShare: 0 },
    );
    expect([...assignBins(numbers(0, undefined, -5, 99), bins)]).toEqual([unknownBin, unknownBin, 0, 1]);
    expect(countRows(assignBins(numbers(0, undefined, -5, 99), bins), binCount(bins))).toEqual({
      rows: [1, 1],
      unknown: 2,
    });
  });

  it('cut equal widths between the smallest and the largest value', () => {
    expect(
      numberBins(numbers(0, 2, 3, 6, 8), { method: 'width', bins: 4 }, { minimumShare: 0 }).cuts,
    ).toEqual([2, 4, 6]);
  });

  it('have a smallest share of rows each, or are one bin; missing rows count as rows', () => {
    fc.assert(
      fc.property(tied, cuttings, fc.constantFrom(0, 0.05, 0.2), (given, cutting, minimumShare) => {
        const values = numbers(...given);
        const bins = numberBins(values, cutting, { minimumShare });
        const { rows, unknown } = countRows(assignBins(values, bins), binCount(bins));
        expect(unknown).toBe(0);
        expect(bins.missing).toBe(given.includes(undefined));
        const least = Math.max(1, Math.floor(minimumShare * given.length + 1e-9));
        const small = rows.slice(0, bins.cuts.length + 1).filter((count) => count < least);
        if (bins.cuts.length > 0) expect(small).toEqual([]);
      }),
    );
  });

  it('count the cuts strictly below a value, and do not depend on the order of rows', () => {
    fc.assert(
      fc.property(tied, cuttings, fc.infiniteStream(fc.nat()), (given, cutting, keys) => {
        const values = numbers(...given);
        const bins = numberBins(values, cutting);
        const assigned = assignBins(values, bins);
        given.forEach((value, row) => {
          if (value !== undefined) expect(assigned[row]).toBe(bins.cuts.filter((cut) => cut < value).length);
        });
        const shuffled = given
          .map((value) => ({ value, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ value }) => value);
        expect(numberBins(numbers(...shuffled), cutting)).toEqual(bins);
      }),
    );
  });

  it('are twenty of a twentieth each when fine and values differ', () => {
    for (const rows of [20, 39, 40, 3560, 3561, 3564, 10_000]) {
      const random = seededRandom('fine', rows);
      const values = Float64Array.from({ length: rows }, () => random.unit());
      const bins = numberBins(values, fineCutting);
      const counts = countRows(assignBins(values, bins), binCount(bins)).rows;
      expect(counts).toHaveLength(20);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.floor(rows / 20));
    }
  });

  it('join the smallest bin with the smaller neighbour', () => {
    // 6, 1, 2, 11 rows of 20; at 10 % the second joins the third, not the first.
    const values = Float64Array.from([...Array(6).fill(1), 2, 3, 3, ...Array(11).fill(4)]);
    expect(numberBins(values, { method: 'breaks', cuts: [1, 2, 3] }, { minimumShare: 0.1 }).cuts).toEqual([
      1, 3,
    ]);
  });

  it('refuse cutting nobody can follow', () => {
    const values = numbers(1, 2, 3);
    const attempt = (cutting: NumberCutting) => coded(() => numberBins(values, cutting));
    expect(attempt({ method: 'quantile', bins: 0 })).toBe('SPEC_INVALID');
    expect(attempt({ method: 'width', bins: 2.5 })).toBe('SPEC_INVALID');
    expect(attempt({ method: 'breaks', cuts: [1, 1] })).toBe('SPEC_INVALID');
    expect(attempt({ method: 'breaks', cuts: [Number.NaN] })).toBe('SPEC_INVALID');
    const many = Array.from({ length: 253 }, (_, index) => index);
    expect(attempt({ method: 'breaks', cuts: many })).toBe('SPEC_INVALID');
    expect(attempt({ method: 'breaks', cuts: many.slice(1) })).toBe('no error');
  });
});

describe('category bins', () => {
  it('gather rare levels in "other", taking in the rarest bin while that is too small', () => {
    const column = category(
      ...Array(50).fill('a'),
      ...Array(30).fill('c'),
      ...Array(16).fill('b'),
      'x',
      'y',
      'z',
    );
    // 99 rows: at 10 %, 9; x, y, z have 3 together, so b joins.
    const bins = categoryBins(column, { minimumShare: 0.1 });
    expect(bins).toEqual({
      kind: 'category',
      groups: [['a'], ['c'], ['b', 'x', 'y', 'z']],
      other: 2,
      missing: false,
    });
    expect(binLabels(bins)).toEqual(['a', 'c', 'other (4 levels)']);
    expect(categoryBins(column, { minimumShare: 0 }).groups).toEqual([
      ['a'],
      ['b'],
      ['c'],
      ['x'],
      ['y'],
      ['z'],
    ]);
  });

  it('keep the most frequent levels when only so many may stand alone', () => {
    const column = category(
      ...Array(5).fill('b'),
      ...Array(9).fill('d'),
      ...Array(5).fill('a'),
      'c',
      undefined,
    );
    const groups = (levels: number) => categoryBins(column, { minimumShare: 0, levels }).groups;
    // a and b have five rows each: the first in order stays.
    expect(groups(2)).toEqual([['a'], ['d'], ['b', 'c']]);
    expect(groups(4)).toEqual([['a'], ['b'], ['c'], ['d']]);
    expect(groups(0)).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('give an unknown level no bin, and leave out levels without training rows', () => {
    const column = { ...category('a', 'b', undefined), levels: ['a', 'b', 'never'] };
    const bins = categoryBins(column, { minimumShare: 0 });
    expect([...assignBins(column, bins)]).toEqual([0, 1, 2]);
    expect([...assignBins(category('b', 'never', 'new', undefined), bins)]).toEqual([1, 255, 255, 2]);
  });

  it('cover all rows, with the smallest share each, at most 254', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined, freq: 50 }), {
          minLength: 1,
          maxLength: 1500,
        }),
        fc.constantFrom(0, 0.05),
        (given, minimumShare) => {
          const column = category(...given.map((value) => (value === undefined ? value : `level ${value}`)));
          const bins = categoryBins(column, { minimumShare });
          const { rows, unknown } = countRows(assignBins(column, bins), binCount(bins));
          expect(unknown).toBe(0);
          expect(rows.length).toBeLessThanOrEqual(254);
          const least = Math.max(1, Math.floor(minimumShare * given.length + 1e-9));
          const groups = rows.slice(0, bins.groups.length);
          if (groups.length > 1) expect(Math.min(...groups)).toBeGreaterThanOrEqual(least);
          expect(featureBins.safeParse(JSON.parse(JSON.stringify(bins))).data).toEqual(bins);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a description of bins', () => {
  const number = { kind: 'number', cuts: [1, 2], special: [-1], unseen: [], missing: true };
  const levels = { kind: 'category', groups: [['a'], ['b', 'c']], other: 1, missing: false };

  it('is read from JSON, and refused when it cannot be one', () => {
    expect(featureBins.safeParse(number).success).toBe(true);
    expect(featureBins.safeParse(levels).success).toBe(true);
    for (const wrong of [
      { ...number, cuts: [2, 1] },
      { ...number, cuts: [1, 1] },
      { ...number, cuts: [1, Number.NaN] },
      { ...number, unseen: [-1] },
      { ...number, special: Array.from({ length: 260 }, (_, index) => index) },
      { ...number, extra: 1 },
      { ...levels, groups: [['a'], ['a', 'b']] },
      { ...levels, groups: [['a'], []], other: null },
      { ...levels, other: 2 },
      { ...levels, kind: 'text' },
    ]) {
      expect(featureBins.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });

  it('is applied to a column of its own kind only', () => {
    expect(coded(() => assignBins(category('a'), featureBins.parse(number)))).toBe('SCHEMA_DRIFT');
    expect(coded(() => assignBins(numbers(1), featureBins.parse(levels)))).toBe('SCHEMA_DRIFT');
  });

  it('gives rows without a bin WOE 0', () => {
    expect([...woeColumn(Uint8Array.of(0, 255, 1), [-0.5, 0.75])]).toEqual([-0.5, 0, 0.75]);
  });
});
