import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Design, type DesignColumns, designOf, threadedDesignOf } from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import { QuantisedProducts } from '../../../learning/vertical/quantised-products.js';
import { columnsOf } from './cases.js';

const { fround } = Math;

describe('quantised products', () => {
  const sizes = fc.record({
    rowsA: fc.integer({ min: 1, max: 7 }),
    rowsB: fc.integer({ min: 1, max: 50 }),
    depth: fc.integer({ min: 1, max: 11 }),
  });
  /** The documented order, rounded to single precision at every step. */
  const inOrder = (a: readonly number[], b: readonly number[]) => {
    const sums = [0, 0, 0, 0];
    for (let at = 0; at < a.length; at++) sums[at % 4] = fround(sums[at % 4]! + fround(a[at]! * b[at]!));
    return fround(fround(sums[0]! + sums[1]!) + fround(sums[2]! + sums[3]!));
  };

  it('are summed in the documented order, rounded halves up, cut at the limit and counted there', () => {
    // Few bits in an entry, so that halves and results beyond the limit are frequent.
    const entry = fc.oneof(
      fc.integer({ min: -64, max: 64 }).map((value) => value / 32),
      fc.float({ min: -8, max: 8, noNaN: true }),
    );
    const [scale, limit] = [16, 127];
    fc.assert(
      fc.property(sizes, fc.infiniteStream(entry), ({ rowsA, rowsB, depth }, entries) => {
        const products = new QuantisedProducts(rowsA, rowsB, depth, { scale, limit });
        const drawn = (rows: number) =>
          Array.from({ length: rows }, () =>
            Array.from({ length: depth }, () => entries.next().value as number),
          );
        const [a, b] = [drawn(rowsA), drawn(rowsB)];
        for (const [at, row] of a.entries()) products.a.set(row, at * products.stride);
        for (const [at, row] of b.entries()) products.b.set(row, at * products.stride);
        const exact = a.map((row) => b.map((other) => inOrder(row, other) * scale));
        const cut = exact.flat().filter((value) => Math.abs(value) > limit + 0.5).length;
        expect(products.multiply()).toBe(cut);
        exact.forEach((row, i) => {
          row.forEach((value, j) => {
            const rounded = Math.floor(fround(value + 0.5));
            expect(products.z[i * products.width + j]).toBe(Math.max(-limit, Math.min(limit, rounded)) + 0);
          });
        });
      }),
    );
  });
});

describe('whitened cells', () => {
  /** Cells in doubles, from the means and the matrix of the design. */
  const largestMiss = (columns: DesignColumns) => {
    const { values, means, whitening, rows } = designOf(columns, { intercept: false });
    const dense = columns.values as Float64Array[];
    let miss = 0;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < dense.length; i++) {
        let exact = 0;
        for (let j = 0; j < dense.length; j++) {
          exact += whitening[i * dense.length + j]! * (dense[j]![row]! - means[j]!);
        }
        const within = Math.max(-2047, Math.min(2047, 256 * exact));
        miss = Math.max(miss, Math.abs(within - values[i * rows + row]!));
      }
    }
    return miss;
  };

  it('are the nearest integers but for a hundredth of one, over chunks of rows and for numbers of any size', () => {
    const { names, values } = columnsOf(6, 13_000, 9);
    for (const size of [1, 1e30, 1e-3]) {
      expect(largestMiss({ names, values: values.map((one) => one.map((x) => x * size)) })).toBeLessThan(
        0.51,
      );
    }
    // Nearly twins: weights near 70 of either sign in the matrix, whose products cancel.
    const twin = values[0]!.map((x, row) => x + (row % 97) / 1e5);
    expect(largestMiss({ names: ['a', 'b', 'c'], values: [values[0]!, twin, values[1]!] })).toBeLessThan(
      0.51,
    );
  });
});

describe('the design on threads', () => {
  const random = seededRandom('threads');
  const [rows, features] = [25_600, 280];
  const woe = Float64Array.from({ length: 256 }, () => random.unit() - 0.5);
  const columns: DesignColumns = {
    names: Array.from({ length: features }, (_, at) => `f${at}`),
    values: Array.from({ length: features }, () => {
      return { bins: Uint8Array.from({ length: rows }, () => 10 * random.unit()), woe };
    }),
  };

  it('is the same, bit for bit, on one thread, on three and on none', async () => {
    const alone = designOf(columns, { intercept: true });
    const bytes = ({ values }: Design) => Buffer.from(values.buffer);
    for (const threads of [1, 3]) {
      const threaded = await threadedDesignOf(columns, { intercept: true, threads });
      expect(bytes(threaded).equals(bytes(alone))).toBe(true);
      // The covariance is the one sum over rows; the matrix follows from it.
      expect(threaded.covariance.every((sum, at) => sum === alone.covariance[at])).toBe(true);
      expect(threaded.clippedCells).toBe(alone.clippedCells);
    }
  });

  it('ends when it is not wanted any more, and by the errors of the columns', async () => {
    const unwanted = AbortSignal.abort(new Error('enough'));
    await expect(threadedDesignOf(columns, { intercept: false, signal: unwanted })).rejects.toThrow('enough');
    const flat = { ...columns, values: columns.values.with(4, { bins: new Uint8Array(rows), woe }) };
    await expect(threadedDesignOf(flat, { intercept: false })).rejects.toMatchObject({
      code: 'FEATURE_CONSTANT',
    });
  });
});
