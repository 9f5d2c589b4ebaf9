import { MODULI } from './layout';

/**
 * Arithmetic mod q < 2^30 in four lanes of 32 bits. Ranges are stated with each function; "lazy" values lie in
 * [0, 2q) or [0, 4q) and 4q < 2^32 (D. Harvey, Faster arithmetic for number-theoretic transforms, 2014, section 3).
 */

// @ts-ignore: decorator of AssemblyScript
@inline
export function modulus(): v128 {
  return v128.load(MODULI);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function twiceModulus(): v128 {
  return v128.load(MODULI, 16);
}

/** x in [0, 2·bound) to [0, bound): where x < bound the difference wraps round and is larger. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function below(x: v128, bound: v128): v128 {
  return i32x4.min_u(x, i32x4.sub(x, bound));
}

/** a - b, or a - b + bound where that is negative, for a and b in [0, bound): what is negative wraps round and is larger. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function difference(a: v128, b: v128, bound: v128): v128 {
  const plain = i32x4.sub(a, b);
  return i32x4.min_u(plain, i32x4.add(plain, bound));
}

/** Upper halves of the 64-bit lanes of (low, high). */
// @ts-ignore: decorator of AssemblyScript
@inline
function upperHalves(low: v128, high: v128): v128 {
  return i32x4.shuffle(low, high, 1, 3, 5, 7);
}

/** x·w mod q in [0, 2q) for any x < 2^32; w in [0, q), quotient = ⌊w·2^32/q⌋ (Shoup). */
// @ts-ignore: decorator of AssemblyScript
@inline
export function times(x: v128, w: v128, quotient: v128, q: v128): v128 {
  const multiple = upperHalves(
    i64x2.extmul_low_i32x4_u(x, quotient),
    i64x2.extmul_high_i32x4_u(x, quotient),
  );
  return i32x4.sub(i32x4.mul(x, w), i32x4.mul(multiple, q));
}

/**
 * S·2^-32 mod q in [0, q), S any sum of 16 products of residues, so S < 16·q² < 2^64 (Montgomery). (low, high) hold the
 * sums of lanes 0, 1 and 2, 3. The upper half of S is below 4q, so one lazy subtraction comes first.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
export function reduced(low: v128, high: v128, q: v128, q2: v128, inverse: v128): v128 {
  const factor = i32x4.mul(i32x4.shuffle(low, high, 0, 2, 4, 6), inverse);
  const multiple = upperHalves(i64x2.extmul_low_i32x4_u(factor, q), i64x2.extmul_high_i32x4_u(factor, q));
  const upper = below(upperHalves(low, high), q2);
  return below(below(i32x4.sub(i32x4.add(upper, q), multiple), q2), q);
}
