/** A published functional: how many bad customers the rows of one bin hold. */
export interface BinCount {
  /** Row numbers of the bin, known to the feature holder. */
  readonly rows: readonly number[];
  readonly bad: number;
}

/**
 * What a feature holder can work out about labels from exact counts of bad customers in its own bins: the point of the
 * polytope { A y = counts, 0 <= y <= 1 }, found by Douglas-Rachford splitting between the affine space and the box.
 * Stops when the rounded point satisfies every equation; the attacker can check that by itself.
 * @returns the point, and, when rounded it fits all counts, the labels.
 */
export function reconstruct(
  rows: number,
  counts: readonly BinCount[],
  maximumSteps: number,
): { readonly belief: Float64Array; readonly labels?: Uint8Array } {
  const membership: number[][] = Array.from({ length: rows }, () => []);
  const equations = counts.length;
  for (const [equation, bin] of counts.entries()) for (const row of bin.rows) membership[row]!.push(equation);
  const factor = ridgeCholesky(membership, equations);
  const target = Float64Array.from(counts, ({ bad }) => bad);
  const product = (y: Float64Array) => {
    const sums = new Float64Array(equations);
    for (let row = 0; row < rows; row++) for (const equation of membership[row]!) sums[equation]! += y[row]!;
    return sums;
  };
  const state = new Float64Array(rows);
  const belief = new Float64Array(rows);
  for (let step = 1; step <= maximumSteps; step++) {
    const error = product(state).map((sum, equation) => sum - target[equation]!);
    const multipliers = solve(factor, error, equations);
    for (let row = 0; row < rows; row++) {
      let shift = 0;
      for (const equation of membership[row]!) shift += multipliers[equation]!;
      const onPlane = state[row]! - shift;
      const inBox = Math.min(1, Math.max(0, 2 * onPlane - state[row]!));
      state[row]! += inBox - onPlane;
      belief[row] = inBox;
    }
    if (step % 20 !== 0) continue;
    const labels = Uint8Array.from(belief, (value) => (value > 0.5 ? 1 : 0));
    const fits = product(Float64Array.from(labels)).every((sum, equation) => sum === target[equation]);
    if (fits) return { belief, labels };
  }
  return { belief };
}

/** Lower Cholesky factor of A A^T + 1e-6 I: bins of one feature add up to all rows, so A A^T alone is singular. */
function ridgeCholesky(membership: readonly (readonly number[])[], size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (const equations of membership) {
    for (const i of equations) for (const j of equations) matrix[i * size + j]! += 1;
  }
  for (let i = 0; i < size; i++) matrix[i * size + i]! += 1e-6;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * size + j]!;
    }
  }
  return matrix;
}

function solve(factor: Float64Array, right: Float64Array, size: number): Float64Array {
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
