import type { ParameterSet } from './parameter-set.js';
import { scaleFactors } from './scaling.js';

/**
 * Adds round(q·m/t), off by at most one unit, at coefficient j·stride of a polynomial of 32-bit words (N per prime), for
 * m = values[from + j], j < count: integers |m| < t, negative ones standing for m + t. The same public half of BFV
 * encryption as scaling.ts, for primes below 2^30.
 *
 * Exact in doubles as there: m < 2^50 in four 13-bit pieces times residues below 2^30 stays below 2^45, the rounded
 * fraction below 2^50.
 */
export type AddSpread = (
  values: Float64Array,
  from: number,
  count: number,
  stride: number,
  words: Uint32Array,
) => void;

export function spreadScalerOf(set: ParameterSet): AddSpread {
  const { fraction, primes } = scaleFactors(set);
  const { degree, plainModulus } = set;
  return (values, from, count, stride, words) => {
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
          Math.floor(m * fraction + 0.5);
        let residue = sum - Math.floor(sum * inverse) * prime;
        if (residue < 0) residue += prime;
        else if (residue >= prime) residue -= prime;
        words[at] = residue;
      }
    });
  };
}
