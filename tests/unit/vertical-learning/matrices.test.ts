import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choleskyFactor, choleskySolve, inverseDiagonal } from '../../../learning/vertical/cholesky.js';
import { DotProducts } from '../../../learning/vertical/dot-products.js';
import { gram } from '../../../learning/vertical/gram.js';
import { symmetricEigen } from '../../../learning/vertical/symmetric-eigen.js';
import { inverseRoot } from '../../../learning/vertical/whitening.js';
import { columnsOf, flat, inverse, largestGap, multiply, type Rows, squareOf, transposed } from './cases.js';

const entry = fc.integer({ min: -40, max: 40 }).map((value) => value / 8);
const matrixOf = (rows: number, columns: number): fc.Arbitrary<Rows> =>
  fc.array(fc.array(entry, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });
/** Many repeated and zero eigenvalues among them: entries are few, ranks often deficient. */
const symmetric = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => matrixOf(size, size))
  .map((a) => a.map((row, i) => row.map((value, j) => (i <= j ? value : a[j]![i]!))));

describe('eigenpairs of a symmetric matrix', () => {
  const check = (a: Rows) => {
    const size = a.length;
    const { values, vectors } = symmetricEigen(flat(a), size);
    const v = squareOf(vectors, size);
    const identity = multiply(v, transposed(v));
    expect(
      largestGap(flat(identity), flat(identity.map((row, i) => row.map((_, j) => Number(i === j))))),
    ).toBeLessThan(1e-12);
    const scale = 1 + Math.max(...a.flat().map(Math.abs));
    const images = multiply(v, a);
    const stretched = v.map((row, i) => row.map((value) => value * values[i]!));
    expect(largestGap(flat(images), flat(stretched)) / (scale * size)).toBeLessThan(1e-12);
  };

  it('are orthonormal and satisfy A v = lambda v', () => {
    fc.assert(fc.property(symmetric, check));
  });

  it('exist for zero, diagonal, rank-one and graded matrices', () => {
    const of = (size: number, value: (i: number, j: number) => number) =>
      Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => value(i, j)));
    check(of(5, () => 0));
    check(of(6, (i, j) => (i === j ? i - 2 : 0)));
    check(of(40, () => 1));
    check(of(30, (i, j) => 10 ** (-(i + j) / 4)));
    // Second differences: 2 - 2 cos(k pi / (size + 1)).
    const size = 50;
    const chain = of(size, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    check(chain);
    const values = symmetricEigen(flat(chain), size).values.sort();
    const known = Array.from({ length: size }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (size + 1)));
    expect(largestGap(values, known)).toBeLessThan(1e-13);
  });

  it('give the inverse root of a covariance: W (C + 1e-4 I) W = I', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }).chain((size) => matrixOf(size + 2, size)),
        (x) => {
          const covariance = multiply(transposed(x), x);
          const size = covariance.length;
          const root = squareOf(inverseRoot(flat(covariance), size), size);
          expect(root).toEqual(transposed(root));
          const raised = covariance.map((row, i) => row.map((value, j) => value + (i === j ? 1e-4 : 0)));
          const product = multiply(multiply(root, raised), root);
          const identity = product.map((row, i) => row.map((_, j) => Number(i === j)));
          // Rounding of the largest eigenvalue, up to some 1e3, is divided by the smallest, 1e-4.
          expect(largestGap(flat(product), flat(identity))).toBeLessThan(1e-6);
        },
      ),
    );
  });
});

describe('products of columns', () => {
  const sizes = fc.record({
    rowsA: fc.integer({ min: 1, max: 8 }),
    rowsB: fc.integer({ min: 1, max: 8 }),
    depth: fc.integer({ min: 1, max: 9 }),
  });
  const fill = (target: Float64Array, stride: number, rows: Rows) =>
    rows.forEach((row, at) => {
      target.set(row, at * stride);
    });
  /** Any doubles whose products stay finite: rounding at every step. */
  const number = fc.double({ noNaN: true, min: -1e100, max: 1e100 });
  const drawn = (entries: Iterator<number>, rows: number, depth: number): Rows =>
    Array.from({ length: rows }, () => Array.from({ length: depth }, () => entries.next().value as number));

  /** The documented order: even places, odd places, then both added to what stood there. */
  const added = (before: number, a: readonly number[], b: readonly number[]) => {
    const sums = [0, 0];
    for (let at = 0; at < a.length; at++) sums[at % 2] = sums[at % 2]! + a[at]! * b[at]!;
    return before + sums[0]! + sums[1]!;
  };

  it('are summed in the documented order, to the bit, for all pairs of rows and whatever the sizes', () => {
    fc.assert(
      fc.property(sizes, fc.infiniteStream(number), ({ rowsA, rowsB, depth }, entries) => {
        const products = DotProducts.between(rowsA, rowsB, depth);
        const sums = Array.from({ length: rowsA }, () => Array.from({ length: rowsB }, () => 0));
        // Twice: what is added to what stood there.
        for (let time = 0; time < 2; time++) {
          const [a, b] = [drawn(entries, rowsA, depth), drawn(entries, rowsB, depth)];
          fill(products.a, products.stride, a);
          fill(products.b, products.stride, b);
          products.add();
          sums.forEach((row, i) => {
            row.forEach((before, j) => {
              row[j] = added(before, a[i]!, b[j]!);
            });
          });
        }
        const found = sums.map((row, i) => row.map((_, j) => products.c[i * products.width + j]!));
        expect(found).toEqual(sums);
      }),
    );
  });

  it('of rows with each other are the same, on and above the diagonal', () => {
    fc.assert(
      fc.property(sizes, fc.infiniteStream(number), ({ rowsA: rows, depth }, entries) => {
        const products = DotProducts.within(rows, depth);
        const a = drawn(entries, rows, depth);
        fill(products.a, products.stride, a);
        products.add();
        for (let i = 0; i < rows; i++) {
          for (let j = i; j < rows; j++) {
            expect(products.c[i * products.width + j]).toBe(added(0, a[i]!, a[j]!));
          }
        }
      }),
    );
  });

  it('gram weighs centred rows and joins a column of ones, over several blocks', () => {
    for (const [rows, count] of [
      [1, 1],
      [255, 4],
      [700, 5],
    ] as const) {
      const columns = columnsOf(rows, rows, count);
      const means = Float64Array.from({ length: count }, (_, index) => index / 7);
      const weights = Float64Array.from({ length: rows }, (_, row) => (row % 5) / 4);
      const x = Array.from({ length: rows }, (_, row) => [
        ...columns.values.map((column, index) => column[row]! - means[index]!),
        1,
      ]);
      const weighted = x.map((row, at) => row.map((value) => value * weights[at]!));
      const expected = multiply(transposed(weighted), x);
      expect(largestGap(gram(columns, means, { weights, constant: true }), flat(expected))).toBeLessThan(
        1e-10,
      );
      const plain = multiply(transposed(x), x)
        .slice(0, count)
        .map((row) => row.slice(0, count));
      expect(largestGap(gram(columns, means), flat(plain))).toBeLessThan(1e-10);
    }
  });
});

describe('Cholesky', () => {
  it('solves and inverts like elimination', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }).chain((size) => matrixOf(size, size)),
        (x) => {
          const a = multiply(transposed(x), x).map((row, i) =>
            row.map((value, j) => value + Number(i === j)),
          );
          const size = a.length;
          const factor = choleskyFactor(flat(a), size)!;
          const inverted = inverse(a);
          const right = a.map((_, i) => i - 1.5);
          const solution = multiply(
            inverted,
            right.map((value) => [value]),
          ).flat();
          expect(largestGap(choleskySolve(factor, size, Float64Array.from(right)), solution)).toBeLessThan(
            1e-8,
          );
          expect(
            largestGap(
              inverseDiagonal(factor, size),
              inverted.map((row, i) => row[i]!),
            ),
          ).toBeLessThan(1e-8);
        },
      ),
    );
  });

  it('has no factor of an indefinite or singular matrix', () => {
    expect(
      choleskyFactor(
        flat([
          [1, 2],
          [2, 1],
        ]),
        2,
      ),
    ).toBeUndefined();
    expect(
      choleskyFactor(
        flat([
          [1, 1],
          [1, 1],
        ]),
        2,
      ),
    ).toBeUndefined();
  });
});
