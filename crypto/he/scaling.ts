import type { ParameterSet } from './parameter-set.js';

/**
 * Adds round(q·m/t) mod q to coefficient words, for m = values[0 .. count) in [0, t): the public, secretless half of BFV
 * encryption (Fan and Vercauteren 2012, §3), off by at most one unit, which `checked` allows for in the noise.
 * words are SEAL's c0: N (low, high) halves per prime.
 *
 * SEAL's own scaling divides 192-bit integers bit by bit, 550 µs per 2048 values in WASM, twice what all the
 * rest of an encryption costs; doubles do it in 10 µs. So SEAL encrypts zero (key product, noise and randomness stay its own) and
 * this adds the message: (SEAL's Enc(0)) + (round(q·m/t), 0) is by definition its Enc(m).
 */
export type AddScaled = (values: Float64Array, count: number, words: Uint32Array) => void;

const TWO_32 = 2 ** 32;

export function scalerOf(set: ParameterSet): AddScaled {
  return set.dataPrimes.length === 1 ? wordScaler(set) : residueScaler(set);
}

/** q/t as integer part Δ and fraction, the fraction correct to 2^-52. */
function quotient(set: ParameterSet): { delta: bigint; fraction: number } {
  const t = BigInt(set.plainModulus);
  return { delta: set.modulus / t, fraction: Number(set.modulus % t) / set.plainModulus };
}

/** One prime below 2^54, t < 2^32: Δ < 2^23 times the 16-bit halves of m, as (low, high) words with carries. */
function wordScaler(set: ParameterSet): AddScaled {
  const { delta, fraction } = quotient(set);
  const scale = Number(delta);
  const prime = set.dataPrimes[0] as bigint;
  const primeLow = Number(prime & 0xffffffffn);
  const primeHigh = Number(prime >> 32n);
  return (values, count, words) => {
    for (let j = 0; j < count; j++) {
      const m = values[j] as number;
      const bottom = m & 0xffff;
      const upper = ((m - bottom) / 0x10000) * scale;
      const upperLow = upper & 0xffff;
      const carrying =
        (words[2 * j] as number) + upperLow * 0x10000 + bottom * scale + Math.floor(m * fraction + 0.5);
      let low = carrying >>> 0;
      let high = (words[2 * j + 1] as number) + (upper - upperLow) / 0x10000 + (carrying - low) / TWO_32;
      if (high > primeHigh || (high === primeHigh && low >= primeLow)) {
        high -= primeHigh;
        low -= primeLow;
        if (low < 0) {
          low += TWO_32;
          high -= 1;
        }
      }
      words[2 * j] = low;
      words[2 * j + 1] = high;
    }
  };
}

/** Fraction of q/t, and per prime p the residues Δ·2^(13k) mod p, k < 4, which the 13-bit pieces of m multiply. */
export function scaleFactors(set: ParameterSet) {
  const { delta, fraction } = quotient(set);
  const primes = set.dataPrimes.map((prime) => ({
    prime: Number(prime),
    inverse: 1 / Number(prime),
    factors: [0n, 13n, 26n, 39n].map((shift) => Number((delta << shift) % prime)) as [
      number,
      number,
      number,
      number,
    ],
  }));
  return { fraction, primes };
}

/**
 * Primes below 2^36, t < 2^50: m in four pieces of 13 bits times Δ·2^(13k) mod p stays below 2^51, with round(m·fraction) < 2^50
 * and the old residue below 2^52, so one reduction per residue is exact.
 */
function residueScaler(set: ParameterSet): AddScaled {
  const { fraction, primes } = scaleFactors(set);
  return (values, count, words) => {
    primes.forEach(({ prime, inverse, factors: [f0, f1, f2, f3] }, p) => {
      const base = 2 * p * set.degree;
      for (let j = 0; j < count; j++) {
        const m = values[j] as number;
        const top = Math.floor(m * 2 ** -26);
        const bottom = m - top * 2 ** 26;
        const at = base + 2 * j;
        const sum =
          (words[at] as number) +
          (words[at + 1] as number) * TWO_32 +
          (bottom & 0x1fff) * f0 +
          (bottom >>> 13) * f1 +
          (top & 0x1fff) * f2 +
          (top >>> 13) * f3 +
          Math.floor(m * fraction + 0.5);
        let residue = sum - Math.floor(sum * inverse) * prime;
        if (residue < 0) residue += prime;
        else if (residue >= prime) residue -= prime;
        words[at] = residue;
        words[at + 1] = residue / TWO_32;
      }
    });
  };
}
