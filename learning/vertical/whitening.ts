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
