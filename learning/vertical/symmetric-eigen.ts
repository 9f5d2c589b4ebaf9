import { CodedError } from '../../contract/core.js';

/** Eigenvalues in no particular order; row i of `vectors` is the unit eigenvector of `values[i]`. */
export interface Eigen {
  readonly values: Float64Array;
  /** size x size, row after row. */
  readonly vectors: Float64Array;
}

/**
 * All eigenpairs of a symmetric matrix (size x size, row after row), by Householder reduction to tridiagonal form
 * and implicit QL with Wilkinson shifts (Golub, Van Loan, Matrix Computations, 4th ed., 8.3). Chosen over
 * Jacobi: about 5 size^3 operations instead of 40 or more. Vectors are kept as rows, so all inner loops run along
 * memory. Additions, products, quotients and square roots only: every engine gives the same bits.
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const { diagonal, off, vectors } = tridiagonal(Float64Array.from(matrix), size);
  diagonalise(diagonal, off, vectors, size);
  return { values: diagonal, vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** off[i] couples i and i + 1; the last is 0. */
  readonly off: Float64Array;
  /** Row i: the i-th vector of the orthogonal basis in which the matrix is tridiagonal. */
  readonly vectors: Float64Array;
}

function tridiagonal(a: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size);
  const off = new Float64Array(size);
  const mirrors: { readonly v: Float64Array; readonly beta: number }[] = [];
  const p = new Float64Array(size);
  for (let k = 0; k < size - 2; k++) {
    const v = a.slice(k * size + k + 1, (k + 1) * size);
    const beta = mirror(v, (norm) => {
      off[k] = norm;
    });
    mirrors.push({ v, beta });
    if (beta !== 0) reflectBothSides(a, size, k + 1, v, beta, p);
  }
  for (let k = 0; k < size; k++) diagonal[k] = a[k * size + k]!;
  if (size > 1) off[size - 2] = a[(size - 2) * size + size - 1]!;

  const vectors = new Float64Array(size * size);
  for (let k = 0; k < size; k++) vectors[k * size + k] = 1;
  for (let k = mirrors.length - 1; k >= 0; k--) {
    const { v, beta } = mirrors[k]!;
    for (let row = k + 1; row < size; row++) {
      const at = row * size + k + 1;
      let dot = 0;
      for (let j = 0; j < v.length; j++) dot += vectors[at + j]! * v[j]!;
      const factor = beta * dot;
      for (let j = 0; j < v.length; j++) vectors[at + j]! -= factor * v[j]!;
    }
  }
  return { diagonal, off, vectors };
}

/** Turns x into the vector of the reflection I - beta v v^T that maps it to (length, 0, ...); returns beta. */
function mirror(x: Float64Array, keep: (length: number) => void): number {
  let tail = 0;
  for (let j = 1; j < x.length; j++) tail += x[j]! * x[j]!;
  const head = x[0]!;
  if (tail === 0) {
    keep(head);
    return 0;
  }
  const norm = Math.sqrt(head * head + tail);
  // The sign that adds instead of cancelling.
  const length = head > 0 ? -norm : norm;
  keep(length);
  x[0] = head - length;
  return 2 / (x[0]! * x[0]! + tail);
}

/** A := H A H on rows and columns `from` and beyond, H = I - beta v v^T, as A - v w^T - w v^T. */
function reflectBothSides(
  a: Float64Array,
  size: number,
  from: number,
  v: Float64Array,
  beta: number,
  p: Float64Array,
): void {
  const count = v.length;
  let vp = 0;
  for (let i = 0; i < count; i++) {
    const at = (from + i) * size + from;
    let dot = 0;
    for (let j = 0; j < count; j++) dot += a[at + j]! * v[j]!;
    p[i] = beta * dot;
    vp += p[i]! * v[i]!;
  }
  const half = (beta / 2) * vp;
  for (let i = 0; i < count; i++) p[i]! -= half * v[i]!;
  for (let i = 0; i < count; i++) {
    const at = (from + i) * size + from;
    const vi = v[i]!;
    const wi = p[i]!;
    for (let j = 0; j < count; j++) a[at + j]! -= vi * p[j]! + wi * v[j]!;
  }
}

/** Sweeps allowed for one eigenvalue; two are usual. */
const maxSweeps = 60;

function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, size: number): void {
  for (let low = 0; low < size; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < size - 1 && !negligible(e[high]!, d[high]!, d[high + 1]!)) high++;
      if (high === low) break;
      if (sweep === maxSweeps) {
        throw new CodedError('INTERNAL', `no eigenvalue after ${maxSweeps} QL sweeps`);
      }
      qlSweep(d, e, vectors, size, low, high);
    }
  }
}

function negligible(off: number, here: number, next: number): boolean {
  const scale = Math.abs(here) + Math.abs(next);
  return Math.abs(off) + scale === scale;
}

/** One implicit QL sweep over the unreduced block low .. high, from its lower end up. */
function qlSweep(
  d: Float64Array,
  e: Float64Array,
  vectors: Float64Array,
  size: number,
  low: number,
  high: number,
): void {
  const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(half * half + 1);
  const shift = d[low]! - e[low]! / (half + (half >= 0 ? root : -root));
  let bulge = d[high]! - shift;
  let cos = 1;
  let sin = 1;
  let carried = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = sin * e[i]!;
    const b = cos * e[i]!;
    const r = Math.sqrt(f * f + bulge * bulge);
    e[i + 1] = r;
    if (r === 0) {
      // The block has fallen apart here; the next sweep finds the gap.
      d[i + 1]! -= carried;
      e[high] = 0;
      return;
    }
    sin = f / r;
    cos = bulge / r;
    const from = d[i + 1]! - carried;
    const s = (d[i]! - from) * sin + 2 * cos * b;
    carried = sin * s;
    d[i + 1] = from + carried;
    bulge = cos * s - b;
    rotate(vectors, i * size, size, cos, sin);
  }
  d[low]! -= carried;
  e[low] = bulge;
  e[high] = 0;
}

/** Rotates the rows that start at `at` and `at + size`. */
function rotate(vectors: Float64Array, at: number, size: number, cos: number, sin: number): void {
  const next = at + size;
  for (let k = 0; k < size; k++) {
    const x = vectors[at + k]!;
    const y = vectors[next + k]!;
    vectors[next + k] = sin * x + cos * y;
    vectors[at + k] = cos * x - sin * y;
  }
}
