import type { FeatureColumns } from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';

/** Matrices as arrays of rows: slow, and nothing of the product in them. */
export type Rows = number[][];

export function multiply(a: Rows, b: Rows): Rows {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}

export function transposed(a: Rows): Rows {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

/** Inverse by Gauss-Jordan elimination with row exchanges. */
export function inverse(matrix: Rows): Rows {
  const size = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++) {
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) pivot = row;
    }
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const head = work[column]!.map((value) => value / work[column]![column]!);
    work[column] = head;
    work.forEach((row, at) => {
      const factor = row[column]!;
      if (at !== column) work[at] = row.map((value, j) => value - factor * head[j]!);
    });
  }
  return work.map((row) => row.slice(size));
}

/** Rows of a square matrix stored row after row. */
export function squareOf(values: ArrayLike<number>, size: number): Rows {
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => values[i * size + j]!),
  );
}

export function flat(rows: Rows): Float64Array {
  return Float64Array.from(rows.flat());
}

export function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((gap, value, i) => Math.max(gap, Math.abs(value - b[i]!)), 0);
}

/**
 * Columns with few distinct values, like WOE columns, the same for the same seed. Any two correlate by about 0.3, also
 * those of different seeds, like the columns of two parties about the same customers.
 */
export function columnsOf(seed: number, rows: number, count: number, prefix = 'x'): FeatureColumns {
  const random = seededRandom('columns', seed);
  const customers = seededRandom('customers');
  const base = Array.from({ length: rows }, () => customers.unit());
  const values = Array.from({ length: count }, () =>
    Float64Array.from(base, (own) => Math.floor(8 * (0.6 * random.unit() + 0.4 * own)) / 4 - 0.7),
  );
  return { names: values.map((_, index) => `${prefix}${index}`), values };
}

/** Labels that depend on the first column of each given party, and on chance. */
export function labelsFor(seed: number, parties: readonly FeatureColumns[]): Uint8Array {
  const random = seededRandom('labels', seed);
  const rows = parties[0]!.values[0]!.length;
  return Uint8Array.from({ length: rows }, (_, row) => {
    const score = parties.reduce((sum, { values }) => sum + 1.2 * values[0]![row]!, -0.9);
    return Number(random.unit() < 1 / (1 + Math.exp(-score)));
  });
}
