import { describe, expect, it } from 'vitest';
import { designOf, type FeatureColumns, termScale, usualPrecision } from '../../../learning/index.js';
import { residualLimit, valueScale } from '../../../learning/vertical/fixed-point.js';
import { columnsOf, largestGap } from './cases.js';

const covarianceOf = (values: ArrayLike<number>, rows: number, columns: number, unit: number) =>
  Array.from({ length: columns * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[i * rows + row]! * values[j * rows + row]!;
    return sum / (rows * unit * unit);
  });

describe('the whitened design', () => {
  it('has uncorrelated columns of variance 1, whatever the columns were', () => {
    const columns = columnsOf(1, 3000, 7);
    const design = designOf(columns, { intercept: false });
    const identity = Array.from({ length: 49 }, (_, at) => Number(at % 8 === 0));
    // The ridge takes 1e-4 / variance, a cell is rounded by 1/512.
    expect(largestGap(covarianceOf(design.values, 3000, 7, 256), identity)).toBeLessThan(5e-3);
    expect(design.clippedCells).toBe(0);
  });

  it('is the same, bit for bit, from Float32 columns of the same numbers and from a second run', () => {
    const columns = columnsOf(2, 500, 4);
    const narrow: FeatureColumns = {
      ...columns,
      values: columns.values.map((one) => Float32Array.from(one)),
    };
    const wide = { ...columns, values: narrow.values.map((one) => Float64Array.from(one)) };
    expect(designOf(narrow, { intercept: true })).toEqual(designOf(wide, { intercept: true }));
  });

  it('is the same, bit for bit, from bins and from the values they stand for', () => {
    const rows = 450;
    const woe = Float64Array.from({ length: 256 }, (_, bin) => Math.sin(bin) / 3);
    const bins = [3, 5, 7].map((step) => Uint8Array.from({ length: rows }, (_, row) => (row * step) % 11));
    const names = ['a', 'b', 'c'];
    const binned = { names, values: bins.map((of) => ({ bins: of, woe })) };
    const dense = { names, values: bins.map((of) => Float64Array.from(of, (bin) => woe[bin]!)) };
    expect(designOf(binned, { intercept: true })).toEqual(designOf(dense, { intercept: true }));
    const flat = { names: ['flat'], values: [{ bins: new Uint8Array(rows).fill(9), woe }] };
    expect(() => designOf(flat, { intercept: true })).toThrowError(
      expect.objectContaining({ code: 'FEATURE_CONSTANT' }),
    );
  });

  it('ends with a column of ones at the label holder', () => {
    const { values, width, rows } = designOf(columnsOf(3, 400, 2), { intercept: true });
    expect(width).toBe(3);
    expect(new Set(values.subarray(2 * rows))).toEqual(new Set([256]));
  });

  it('clips rare rows at 2047 and counts them', () => {
    const rare = Float64Array.from({ length: 1000 }, (_, row) => Number(row < 4));
    const design = designOf({ names: ['rare'], values: [rare] }, { intercept: false });
    // z = 0.996 / sqrt(0.004 * 0.996) = 15.8.
    expect(Array.from(design.values.subarray(0, 4))).toEqual([2047, 2047, 2047, 2047]);
    expect(design.clippedCells).toBe(4);
    const fewer = designOf(
      { names: ['rare'], values: [rare] },
      { intercept: true, precision: { valueBits: 8, residualBits: 10 } },
    );
    expect([fewer.values[0], fewer.values[1000]]).toEqual([255, 32]);
  });

  it('keeps columns that repeat each other finite', () => {
    const [column] = columnsOf(4, 300, 1).values;
    const design = designOf(
      { names: ['a', 'b', 'c'], values: [column!, column!, column!.map((v) => -2 * v)] },
      { intercept: false },
    );
    expect(design.whitening.every(Number.isFinite)).toBe(true);
    expect(Math.max(...design.values)).toBeGreaterThan(100);
  });

  it('refuses constant columns by name, and values that are not finite', () => {
    const { values } = columnsOf(5, 50, 1);
    const flat = new Float64Array(50).fill(0.3);
    const constant = { names: ['own', 'flat', 'level'], values: [values[0]!, flat, flat] };
    expect(() => designOf(constant, { intercept: true })).toThrowError(
      expect.objectContaining({ code: 'FEATURE_CONSTANT', message: expect.stringContaining('flat, level') }),
    );
    for (const hole of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const broken = { names: ['own'], values: [values[0]!.with(3, hole)] };
      expect(() => designOf(broken, { intercept: true })).toThrowError(
        expect.objectContaining({ code: 'DATASET_RANGE' }),
      );
    }
  });
});

describe('the range of residuals and values', () => {
  const allBits = [9, 10, 11, 12];

  it('holds for every number of parties when all terms are cut on the same side', () => {
    for (const residualBits of allBits) {
      for (let parties = 2; parties <= 8; parties++) {
        const { scale, limit } = termScale(parties, { ...usualPrecision, residualBits });
        const worst = parties * limit + scale / 2;
        expect(worst).toBeLessThan(2 ** residualBits);
        // No looser limit would fit.
        expect(worst + parties).toBeGreaterThan(residualLimit({ ...usualPrecision, residualBits }));
        expect(Number.isInteger(scale / 2)).toBe(true);
        // A party's own log-odds have room to ±6.9 at least.
        if (residualBits === 12) expect((4 * limit) / scale).toBeGreaterThan(6.9);
      }
    }
  });

  it('is refused outside what products have room for', () => {
    for (const parties of [0, 1, 9, 2.5, Number.NaN]) {
      expect(() => termScale(parties, usualPrecision)).toThrowError(
        expect.objectContaining({ code: 'PRODUCT_RANGE' }),
      );
    }
    for (const residualBits of [8, 13, 9.5]) {
      expect(() => termScale(2, { ...usualPrecision, residualBits })).toThrowError(
        expect.objectContaining({ code: 'PRODUCT_RANGE' }),
      );
    }
    for (const valueBits of [6, 12]) {
      expect(() => valueScale({ ...usualPrecision, valueBits })).toThrowError(
        expect.objectContaining({ code: 'PRODUCT_RANGE' }),
      );
    }
  });
});
