import { centre, columnMeans, type DesignColumns, refuseConstant, rowsOf } from './columns.js';
import { DotProducts } from './dot-products.js';
import { type Precision, quantised, usualPrecision, valueScale } from './fixed-point.js';
import { gram } from './gram.js';
import { inverseRoot } from './whitening.js';

/** The whitened training columns of one party. Never leaves it; made again, bit for bit, after a restart. */
export interface Design {
  readonly names: readonly string[];
  /** Common training rows. */
  readonly rows: number;
  /** Columns of `values`: the features, and at the label holder a last one of ones for the intercept. */
  readonly width: number;
  /** Z in units of `valueScale(precision)`, column after column (width x rows), in memory that threads share. */
  readonly values: Int16Array;
  readonly precision: Precision;
  readonly means: Float64Array;
  /** (X - mean)^T (X - mean) / rows, features x features, row after row. */
  readonly covariance: Float64Array;
  /** (covariance + 1e-4 I)^(-1/2). */
  readonly whitening: Float64Array;
  /** Cells of Z cut at ±8. */
  readonly clippedCells: number;
}

/** Rows whitened at a time. */
const blockRows = 192;

/**
 * Whitens a party's columns: Z = (X - mean)(X^T X / n + 1e-4 I)^(-1/2), so that its block of the joint Hessian is
 * the identity. With `intercept` (label holder) a column of ones is added.
 * About 1.5 rows * features^2 products; peak memory beside the input is the Int16 result.
 *
 * @throws FEATURE_CONSTANT a column has one value; DATASET_RANGE a value is NaN or infinite.
 */
export function designOf(
  columns: DesignColumns,
  options: { readonly intercept: boolean; readonly precision?: Precision },
): Design {
  const { precision = usualPrecision } = options;
  const { scale, limit } = valueScale(precision);
  const rows = rowsOf(columns);
  const features = columns.values.length;
  const means = columnMeans(columns);
  refuseConstant(columns);
  const covariance = gram(columns, means).map((sum) => sum / rows);
  const whitening = inverseRoot(covariance, features);
  const width = features + Number(options.intercept);
  const values = new Int16Array(new SharedArrayBuffer(width * rows * Int16Array.BYTES_PER_ELEMENT));
  let clippedCells = 0;
  whitenedBlocks(columns, { means, whitening }, (block, stride, start, count) => {
    for (let column = 0; column < features; column++) {
      const from = column * stride;
      const to = column * rows + start;
      for (let row = 0; row < count; row++) {
        const exact = block[from + row]! * scale;
        if (Math.abs(exact) > limit + 0.5) clippedCells++;
        values[to + row] = quantised(exact, limit);
      }
    }
  });
  if (options.intercept) values.fill(scale, features * rows);
  return { names: columns.names, rows, width, values, precision, means, covariance, whitening, clippedCells };
}

/** What turns a party's columns into whitened ones. */
export interface Whitener {
  readonly means: Float64Array;
  /** Symmetric, features x features, row after row. */
  readonly whitening: Float64Array;
}

/**
 * Calls `visit` with blocks of Z, not clipped: rows `start` .. `start + count - 1`, column after column with
 * `stride` numbers between columns. The block is overwritten by the next.
 */
export function whitenedBlocks(
  columns: DesignColumns,
  { means, whitening }: Whitener,
  visit: (block: Float64Array, stride: number, start: number, count: number) => void,
): void {
  const rows = rowsOf(columns);
  const features = columns.values.length;
  const products = DotProducts.between(features, Math.min(blockRows, rows), features);
  const { a: factor, b: block, c: result, stride, width } = products;
  for (let column = 0; column < features; column++) {
    factor.set(whitening.subarray(column * features, (column + 1) * features), column * stride);
  }
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    for (let column = 0; column < features; column++) {
      centre(columns.values[column]!, means[column]!, { start, count }, block, column, stride);
    }
    result.fill(0);
    products.add();
    visit(result, width, start, count);
  }
}
