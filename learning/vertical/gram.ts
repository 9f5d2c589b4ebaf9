import { centre, type DesignColumns, rowsOf } from './columns.js';
import { DotProducts } from './dot-products.js';

/** Rows of a block: 300 columns of 256 doubles are 600 KB, which stay in the second-level cache. */
const blockRows = 256;

/**
 * X^T diag(weights) X of the columns minus `means`, width x width, row after row, symmetric. With `constant`
 * a last column of ones joins X. `weights` (>= 0, one a row) default to 1.
 */
export function gram(
  columns: DesignColumns,
  means: Float64Array,
  options: { readonly weights?: Float64Array; readonly constant?: boolean } = {},
): Float64Array {
  const rows = rowsOf(columns);
  const { weights, constant = false } = options;
  const features = columns.values.length;
  const width = features + Number(constant);
  const products = DotProducts.within(width, blockRows);
  const { a: block, stride, c: sums } = products;
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    // Rows that a shorter last block does not have count nothing.
    if (count < blockRows) block.fill(0);
    for (let column = 0; column < width; column++) {
      const at = column * stride;
      if (column < features) {
        centre(columns.values[column]!, means[column]!, { start, count }, block, at, 1);
      } else block.fill(1, at, at + count);
      if (weights) {
        for (let row = 0; row < count; row++) block[at + row]! *= Math.sqrt(weights[start + row]!);
      }
    }
    products.add();
  }
  const product = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      const value = sums[i * products.width + j]!;
      product[i * width + j] = value;
      product[j * width + i] = value;
    }
  }
  return product;
}
