/**
 * Cholesky factor L (lower, size x size, row after row) of a symmetric matrix, A = L L^T; undefined when the matrix
 * is not positive definite to working precision.
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= factor[i * size + k]! * factor[j * size + k]!;
      if (i !== j) factor[i * size + j] = rest / factor[j * size + j]!;
      else if (rest > 1e-13 * Math.abs(matrix[i * size + i]!)) factor[i * size + i] = Math.sqrt(rest);
      else return undefined;
    }
  }
  return factor;
}

/** Solves A x = b for A = L L^T. */
export function choleskySolve(factor: Float64Array, size: number, right: Float64Array): Float64Array {
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= factor[i * size + k]! * x[k]!;
    x[i]! /= factor[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= factor[k * size + i]! * x[k]!;
    x[i]! /= factor[i * size + i]!;
  }
  return x;
}

/** Diagonal of A^-1 for A = L L^T: column sums of squares of L^-1. */
export function inverseDiagonal(factor: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  const column = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    column.fill(0);
    column[j] = 1 / factor[j * size + j]!;
    diagonal[j] = column[j]! * column[j]!;
    for (let i = j + 1; i < size; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= factor[i * size + k]! * column[k]!;
      column[i] = sum / factor[i * size + i]!;
      diagonal[j]! += column[i]! * column[i]!;
    }
  }
  return diagonal;
}
