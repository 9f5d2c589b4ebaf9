import {
  type HorizontalSpec,
  type HorizontalSpecInput,
  horizontalSpec,
  Secret,
} from '../../../contract/index.js';
import type { Matrix, Table } from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';

export const hashKey = new Secret(new Uint8Array(32).fill(9));

export function specOf(changes: Partial<HorizontalSpecInput> = {}): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'learning-test',
    mode: 'horizontal',
    purpose: 'loan-approval',
    participants: ['bank-a', 'bank-b', 'platform-x'],
    dataset: 'loans',
    features: { amount: 'number', age: 'number', home: 'category' },
    model: { kind: 'logistic' },
    nonce: 'ab'.repeat(32),
    ...changes,
  });
}

/** Rows of a table given row by row; undefined is missing. */
export interface Row {
  readonly amount?: number | undefined;
  readonly age?: number | undefined;
  readonly home?: string | undefined;
  readonly bad: boolean;
  readonly test?: boolean;
}

export function tableOf(rows: readonly Row[]): Table {
  const levels = [...new Set(rows.flatMap(({ home }) => home ?? []))].sort();
  const column = (name: 'amount' | 'age') => Float64Array.from(rows, (row) => row[name] ?? Number.NaN);
  return {
    rows: rows.length,
    numbers: new Map([
      ['amount', column('amount')],
      ['age', column('age')],
    ]),
    categories: new Map([
      [
        'home',
        {
          levels,
          codes: Int32Array.from(rows, ({ home }) => (home === undefined ? -1 : levels.indexOf(home))),
        },
      ],
    ]),
    label: Uint8Array.from(rows, ({ bad }) => Number(bad)),
    test: Uint8Array.from(rows, ({ test }) => Number(test ?? false)),
  };
}

/** Plain sum of integer vectors, what the secure sum gives. */
export function added(vectors: readonly Float64Array[]): Float64Array {
  return vectors.reduce((sum, vector) => sum.map((value, index) => value + vector[index]!));
}

/** A learnable matrix: label from a noisy linear score. */
export function matrixOf(rows: number, width: number, seed: number): Matrix {
  const random = seededRandom('test-matrix', seed);
  const x = Float32Array.from({ length: rows * width }, () => 4 * random.unit() - 2);
  const y = Float32Array.from({ length: rows }, (_, row) => {
    const score = x[row * width]! - 0.7 * x[row * width + width - 1]!;
    return Number(score + 2 * random.unit() - 1 > 0);
  });
  return { x, y, rows, width };
}
