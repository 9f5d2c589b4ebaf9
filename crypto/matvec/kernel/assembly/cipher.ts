import { degree, MODULI, SUB_BYTES, SUB_LENGTH, SUB_STRIDE, subBlocks } from './layout';
import { below, modulus, reduced, times, twiceModulus } from './modular';

/** What encryption and decryption do with polynomials; values in [0, q) on both sides. */

/** Times 2^32, so that `multiplyPolys` with it is a product. */
export function toMontgomery(poly: usize): void {
  const q = modulus();
  const scale = v128.load(MODULI, 48);
  const quotient = v128.load(MODULI, 64);
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    const from = poly + sub * SUB_STRIDE;
    for (let at = from; at < from + SUB_BYTES; at += 16) {
      v128.store(at, below(times(v128.load(at), scale, quotient, q), q));
    }
  }
}

/** to = poly · factor, both transformed, the factor in Montgomery form. */
export function multiplyPolys(poly: usize, factor: usize, to: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const inverse = v128.load(MODULI, 32);
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    const from = sub * SUB_STRIDE;
    for (let at = from; at < from + SUB_BYTES; at += 16) {
      const x = v128.load(poly + at);
      const y = v128.load(factor + at);
      const low = i64x2.extmul_low_i32x4_u(x, y);
      const high = i64x2.extmul_high_i32x4_u(x, y);
      v128.store(to + at, reduced(low, high, q, q2, inverse));
    }
  }
}

/** Adds N signed coefficients, each above -q and below q of every prime. */
export function addSigned(poly: usize, values: usize): void {
  const q = modulus();
  for (let j: u32 = 0; j < degree; j++) {
    const at = placeOf(poly, j);
    const sum = i32x4.add(v128.load(at), i32x4.splat(load<i32>(values + 4 * j)));
    // What is negative wraps round, and is larger than with q added.
    v128.store(at, below(i32x4.min_u(sum, i32x4.add(sum, q)), q));
  }
}

export function negate(poly: usize): void {
  const q = modulus();
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    const from = poly + sub * SUB_STRIDE;
    for (let at = from; at < from + SUB_BYTES; at += 16) {
      v128.store(at, below(i32x4.sub(q, v128.load(at)), q));
    }
  }
}

/**
 * round(x / p) for x given mod q in `poly` and mod a further prime p in N words, in place: x + p/2 less its rest mod p, divided.
 * @param constants lanes of ⌊p/2⌋ mod q; then of p^-1 mod q and, 16 bytes on, its Shoup quotient
 */
export function divideByPrime(poly: usize, rest: usize, p: u32, constants: usize): void {
  const q = modulus();
  const half = v128.load(constants);
  const inverse = v128.load(constants, 16);
  const quotient = v128.load(constants, 32);
  for (let j: u32 = 0; j < degree; j++) {
    const at = placeOf(poly, j);
    let shifted = load<u32>(rest + 4 * j) + (p >>> 1);
    if (shifted >= p) shifted -= p;
    // p < 2^30 may be above q, but not twice.
    const less = below(i32x4.splat(shifted), q);
    const difference = i32x4.sub(i32x4.add(i32x4.add(v128.load(at), half), q), less);
    v128.store(at, below(times(difference, inverse, quotient, q), q));
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function placeOf(poly: usize, j: u32): usize {
  return poly + (j / SUB_LENGTH) * SUB_STRIDE + (j % SUB_LENGTH) * 16;
}
