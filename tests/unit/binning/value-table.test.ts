import fc from 'fast-check';
import { expect, it } from 'vitest';
import { risingCounts, risingValues } from '../../../learning/binning/rising-values.js';
import { valueTable } from '../../../learning/binning/value-table.js';
import { assignBins, assignedNumbers } from '../../../learning/index.js';

/** Numbers that differ little or not at all, and any others. */
const tied = fc.oneof(fc.constantFrom(-1, -0, 0, 1, 99, -999, 1e300), fc.double({ noNaN: true }));
const withMissing = fc.oneof(tied, fc.constant(Number.NaN));
const most = 512;

it('gives every row its value again, down to the sign of zero, and counts the rows of each', () => {
  fc.assert(
    fc.property(fc.array(withMissing, { maxLength: 400 }), (column) => {
      const { values, rows, codes } = valueTable(Float64Array.from(column))!;
      expect(Array.from(codes, (code) => values[code])).toEqual(column);
      expect(Array.from(values, (_, of) => codes.filter((code) => code === of).length)).toEqual([...rows]);
    }),
  );
});

it('gives up beyond 512 different values, however often they come', () => {
  const column = (different: number) =>
    Float64Array.from({ length: 5000 }, (_, row) => (row % different) / 7);
  expect(valueTable(column(most))!.values).toHaveLength(most);
  expect(valueTable(column(most + 1))).toBeUndefined();
});

it('finds values that fall on one place of its table', () => {
  const column = Float64Array.from({ length: most }, (_, row) => row * 2 ** 40);
  const { values, codes } = valueTable(column)!;
  expect(Float64Array.from(codes, (code) => values[code]!)).toEqual(column);
});

it('is to cuts what the sorted rows are', () => {
  fc.assert(
    fc.property(fc.array(tied, { minLength: 1, maxLength: 60 }), fc.array(tied), (column, cuts) => {
      const { values, rows } = valueTable(Float64Array.from(column))!;
      const counted = risingCounts(Array.from(values, (value, code) => ({ value, rows: rows[code]! })));
      const sorted = risingValues(Float64Array.from(column));
      expect(counted.length).toBe(sorted.length);
      for (const place of column.keys()) expect(counted.at(place)).toBe(sorted.at(place));
      for (const cut of [...cuts, ...column]) expect(counted.upTo(cut)).toBe(sorted.upTo(cut));
    }),
  );
});

it('puts rows in the bins that a search puts them in, for few and for many different values', () => {
  const column = (different: number) =>
    Float64Array.from({ length: 3000 }, (_, row) => {
      return row % 51 === 0 ? Number.NaN : ((row * 7919) % different) - 9;
    });
  for (const different of [1, 20, 300, 2000]) {
    const values = column(different);
    const { bins, assigned } = assignedNumbers(
      values,
      { method: 'quantile', bins: 10 },
      { special: [-9, -8] },
    );
    expect(assigned).toEqual(assignBins(values, bins));
    expect(bins).toMatchObject({ special: different === 1 ? [-9] : [-9, -8], missing: true });
  }
});
