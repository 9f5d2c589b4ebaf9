import { degree, primeCount, SUB_LENGTH, SUB_STRIDE } from './layout';
import { below, modulus, times } from './modular';

/** Between SEAL's order, one run of N 32-bit words per prime, and ours. */

/** Words to a polynomial. */
export function loadResidues(words: usize, poly: usize): void {
  const row = 4 * <usize>degree;
  const rows = primeCount;
  const zero = i32x4.splat(0);
  for (let j: u32 = 0; j < degree; j += 4) {
    const from = words + 4 * j;
    const r0 = v128.load(from);
    const r1 = rows > 1 ? v128.load(from + row) : zero;
    const r2 = rows > 2 ? v128.load(from + 2 * row) : zero;
    const r3 = rows > 3 ? v128.load(from + 3 * row) : zero;
    const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
    const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
    const high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
    const high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
    const to = placeOf(poly, j);
    v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
    v128.store(to, i64x2.shuffle(low01, low23, 1, 3), 16);
    v128.store(to, i64x2.shuffle(high01, high23, 0, 2), 32);
    v128.store(to, i64x2.shuffle(high01, high23, 1, 3), 48);
  }
}

/** A polynomial to words. */
export function storeResidues(poly: usize, words: usize): void {
  const row = 4 * <usize>degree;
  const rows = primeCount;
  for (let j: u32 = 0; j < degree; j += 4) {
    const from = placeOf(poly, j);
    const c0 = v128.load(from);
    const c1 = v128.load(from, 16);
    const c2 = v128.load(from, 32);
    const c3 = v128.load(from, 48);
    const low01 = i32x4.shuffle(c0, c1, 0, 4, 1, 5);
    const low23 = i32x4.shuffle(c2, c3, 0, 4, 1, 5);
    const high01 = i32x4.shuffle(c0, c1, 2, 6, 3, 7);
    const high23 = i32x4.shuffle(c2, c3, 2, 6, 3, 7);
    const to = words + 4 * j;
    v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
    if (rows > 1) v128.store(to + row, i64x2.shuffle(low01, low23, 1, 3));
    if (rows > 2) v128.store(to + 2 * row, i64x2.shuffle(high01, high23, 0, 2));
    if (rows > 3) v128.store(to + 3 * row, i64x2.shuffle(high01, high23, 1, 3));
  }
}

/** N signed 32-bit coefficients, each above -q and below q of every prime, to a polynomial with values in [0, 2q). */
export function liftSigned(values: usize, poly: usize): void {
  const q = modulus();
  for (let j: u32 = 0; j < degree; j++) {
    v128.store(placeOf(poly, j), i32x4.add(q, i32x4.splat(load<i32>(values + 4 * j))));
  }
}

/** The same times one factor in [0, q) a lane, with its Shoup quotient at factors + 16; values in [0, q). */
export function scaleSigned(values: usize, factors: usize, poly: usize): void {
  const q = modulus();
  const w = v128.load(factors);
  const s = v128.load(factors, 16);
  for (let j: u32 = 0; j < degree; j++) {
    const value = i32x4.add(q, i32x4.splat(load<i32>(values + 4 * j)));
    v128.store(placeOf(poly, j), below(times(value, w, s, q), q));
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function placeOf(poly: usize, j: u32): usize {
  return poly + (j / SUB_LENGTH) * SUB_STRIDE + (j % SUB_LENGTH) * 16;
}
