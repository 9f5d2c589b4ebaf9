import type { ParameterSet } from './parameter-set.js';
import { scaleFactors } from './scaling.js';

/**
 * Adds q·m/t, rounded, at coefficient j·stride of a polynomial of 32-bit words (N per prime), for m = values[from + j],
 * j < count: integers |m| < t, negative ones standing for m + t. The same public half of BFV encryption as scaling.ts,
 * for primes below 2^30.
 *
 * Rounding is to the nearest unit, or with `chances` (numbers above 0 and below 1, drawn uniformly) up or down, so that
 * the error has mean zero: errors of many rows then grow with the root of their number (ROUNDING_BIAS says how nearly).
 *
 * Exact in doubles: m < 2^50 in four 13-bit pieces times residues below 2^30 stays below 2^45, the whole part of the
 * fraction below 2^50. The rest of it is m1·f1 + m0·f0 for 24-bit pieces of m: below 2^27, off by less than 2^-24.
 */
export type AddSpread = (
  values: Float64Array,
  from: number,
  count: number,
  stride: number,
  words: Uint32Array,
  chances?: Float64Array,
) => void;

/** Largest |mean| of a rounding error with `chances` that are uniform on multiples of 2^-32. */
export const ROUNDING_BIAS = 2 ** -20;

export function spreadScalerOf(set: ParameterSet): AddSpread {
  const { primes } = scaleFactors(set);
  const { degree, plainModulus, modulus } = set;
  const t = BigInt(plainModulus);
  const shifted = (modulus % t) << 24n;
  /** Of 2^24·(q mod t)/t. */
  const whole = Number(shifted / t);
  const upper = Number(shifted % t) / plainModulus;
  const lower = Number(modulus % t) / plainModulus;
  return (values, from, count, stride, words, chances) => {
    const rounded = new Float64Array(count);
    for (let j = 0; j < count; j++) {
      let m = values[from + j] as number;
      if (m < 0) m += plainModulus;
      const top = Math.floor(m * 2 ** -24);
      const rest = top * upper + (m - top * 2 ** 24) * lower;
      rounded[j] = top * whole + Math.floor(rest + (chances ? (chances[j] as number) : 0.5));
    }
    primes.forEach(({ prime, inverse, factors: [f0, f1, f2, f3] }, p) => {
      for (let j = 0, at = p * degree; j < count; j++, at += stride) {
        let m = values[from + j] as number;
        if (m < 0) m += plainModulus;
        const top = Math.floor(m * 2 ** -26);
        const bottom = m - top * 2 ** 26;
        const sum =
          (words[at] as number) +
          (bottom & 0x1fff) * f0 +
          (bottom >>> 13) * f1 +
          (top & 0x1fff) * f2 +
          (top >>> 13) * f3 +
          (rounded[j] as number);
        let residue = sum - Math.floor(sum * inverse) * prime;
        if (residue < 0) residue += prime;
        else if (residue >= prime) residue -= prime;
        words[at] = residue;
      }
    });
  };
}
