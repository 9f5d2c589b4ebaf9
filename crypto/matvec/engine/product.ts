import { CodedError } from '../../../contract/core.js';
import type { CipherWords, RingShape } from '../kernel/index.js';

/**
 * The plaintext matrix. A product copies it to shared memory unless `values` or `bins` lie in a SharedArrayBuffer
 * already, which a caller that multiplies the same matrix again and again should provide.
 */
export type Columns = DenseColumns | HistogramColumns;

/** Output o: Σ_i d_i X_(i, o·stride + f) in coefficient f < stride; the last output may hold fewer columns. */
export interface DenseColumns {
  readonly kind: 'dense';
  /** Column-major: columns × rows, |value| <= 2^14. */
  readonly values: Int16Array;
  readonly rows: number;
  readonly columns: number;
  /** s: columns per output, and exponents per row of the encrypted vector. */
  readonly stride: number;
}

/** Output o, one per column: Σ d_i over the rows i in bin b, in coefficient b. */
export interface HistogramColumns {
  readonly kind: 'histogram';
  /** Column-major: columns × rows, the bin of each row, below `stride`; 255: in no bin. */
  readonly bins: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  /** s: exponents per row of the encrypted vector. */
  readonly stride: number;
  /** Rows that stand together in one block, 1 by default. */
  readonly lanes?: number;
}

/** Takes the outputs in order, output 0 first; the next one waits until a returned promise settles. */
export type Emit = (output: number, words: CipherWords) => void | Promise<void>;

/** A vector as products take it: its blocks transformed, in memory that all threads read. */
export interface TransformedVector {
  readonly pairs: SharedArrayBuffer;
  readonly blocks: number;
}

/** Rows of the encrypted vector in one ciphertext: row i of it stands at exponent i·stride. */
export function rowsPerBlock(shape: RingShape, stride: number, lanes = 1): number {
  return lanes * Math.floor(shape.degree / (stride * lanes));
}

export function outputCount(columns: Columns): number {
  return columns.kind === 'dense' ? Math.ceil(columns.columns / columns.stride) : columns.columns;
}

/** @throws {CodedError} INTERNAL when sizes disagree; values are checked where they are used. */
export function checkProduct(shape: RingShape, blockCount: number, columns: Columns): void {
  const { rows, stride } = columns;
  const lanes = columns.kind === 'dense' ? 1 : columns.lanes;
  const cells = columns.kind === 'dense' ? columns.values : columns.bins;
  const complaints = [
    [rows >= 1 && Number.isInteger(rows), `${rows} rows`],
    [stride >= 1 && stride <= shape.degree && Number.isInteger(stride), `stride ${stride}`],
    [cells.length === rows * columns.columns, `${cells.length} cells of ${rows} x ${columns.columns}`],
    [blockCount === Math.ceil(rows / rowsPerBlock(shape, stride, lanes)), `${blockCount} blocks`],
  ] as const;
  const complaint = complaints.find(([sound]) => !sound);
  if (complaint !== undefined) {
    throw new CodedError('INTERNAL', `no product of ${rows} rows, stride ${stride}: ${complaint[1]}`);
  }
}
