import { CodedError } from '../../contract/core.js';
import type { Columns, DenseColumns, HistogramColumns } from './engine/index.js';
import { checkWanted, type ProductShape, wantedCoefficients } from './shape.js';

/**
 * The function holder's matrix; its stride comes from the shape. Its arrays must not change while a job uses them; in a
 * SharedArrayBuffer they are not copied for each product.
 */
export type Matrix = Omit<DenseColumns, 'stride'> | Omit<HistogramColumns, 'stride' | 'lanes'>;

const NO_BIN = 255;
/** Largest entry of each column, found once per array: looking costs 30 ms for 30 million entries. */
const largestEntries = new WeakMap<Int16Array | Uint8Array, Uint16Array>();

/** @throws {CodedError} PRODUCT_RANGE when the matrix is not within the bounds that the shape was proved for. */
export function columnsFor(shape: ProductShape, matrix: Matrix): Columns {
  checkWanted(shape);
  const entries = matrix.kind === 'dense' ? matrix.values : matrix.bins;
  const columns = matrix.kind === 'dense' ? wantedCoefficients(shape) : shape.wanted.length;
  if (
    matrix.kind !== shape.form ||
    matrix.rows !== shape.rows ||
    matrix.columns !== columns ||
    entries.length !== matrix.rows * matrix.columns
  ) {
    throw new CodedError('PRODUCT_RANGE', `this product takes ${shape.rows} rows of ${columns} columns`);
  }
  largestOf(matrix).forEach((largest, column) => {
    const bins = Math.min(shape.stride, shape.wanted[column] as number);
    const bound = shape.form === 'dense' ? shape.maxAbsMatrix : bins - 1;
    if (largest > bound) {
      throw new CodedError('PRODUCT_RANGE', `column ${column} has an entry beyond ${bound}`);
    }
  });
  return matrix.kind === 'dense'
    ? { ...matrix, stride: shape.stride }
    : { ...matrix, stride: shape.stride, lanes: shape.lanes };
}

function largestOf(matrix: Matrix): Uint16Array {
  const entries = matrix.kind === 'dense' ? matrix.values : matrix.bins;
  let largest = largestEntries.get(entries);
  if (largest === undefined) {
    largest = new Uint16Array(matrix.columns);
    const empty = matrix.kind === 'dense' ? 2 ** 16 : NO_BIN;
    for (let column = 0, at = 0; column < matrix.columns; column++) {
      let most = 0;
      for (const end = at + matrix.rows; at < end; at++) {
        const entry = Math.abs(entries[at] as number);
        if (entry > most && entry !== empty) most = entry;
      }
      largest[column] = most;
    }
    largestEntries.set(entries, largest);
  }
  return largest;
}
