import { centre, type DesignColumns, rowsOf } from './columns.js';
import { DotProducts } from './dot-products.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** Added to every eigenvalue: directions that hardly vary are not blown up by more than 100. */
export const ridge = 1e-4;

/**
 * (covariance + ridge I)^(-1/2), size x size, row after row, exactly symmetric. The symmetric root, of all
 * matrices that whiten, moves columns least, so that a column keeps its meaning and few cells are clipped.
 */
export function inverseRoot(covariance: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(covariance, size);
  const products = DotProducts.within(size, size);
  const { a: scaled, stride, c: halves } = products;
  for (let pair = 0; pair < size; pair++) {
    // Rounding can leave an eigenvalue of 0 slightly negative.
    const factor = 1 / Math.sqrt(Math.sqrt(Math.max(0, values[pair]!) + ridge));
    for (let row = 0; row < size; row++) scaled[row * stride + pair] = factor * vectors[pair * size + row]!;
  }
  products.add();
  const root = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = halves[i * products.width + j]!;
      root[i * size + j] = value;
      root[j * size + i] = value;
    }
  }
  return root;
}

/** Rows whitened at a time. */
const blockRows = 192;

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
