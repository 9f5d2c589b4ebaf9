import type { ParameterSet } from '../../he/index.js';

/** round(t·x/q) mod t, halves up, of x mod q given by its residues: that mod prime p stands at residues[at + p · step]. */
export type RoundScaled = (residues: Uint32Array, at: number, step: number) => number;

/** How near to a half a fraction in doubles may be and still be told which side it is on: four quotients, 2^-52 each. */
const DOUBT = 2 ** -48;

/**
 * Exact. With y_p = x·(q/p)^-1 mod p, t·x/q is Σ t·y_p/p modulo t: of each term a whole part below 2^50 and a remainder below p, both
 * computed without rounding (products of 30 by 15 bits), so that only the sum of remainders is a fraction in doubles. Where that
 * is nearer to a half than doubles tell, big integers do it: once in 2^46 times.
 */
export function scaledRounderOf(set: ParameterSet): RoundScaled {
  const { plainModulus: t, dataPrimes, modulus } = set;
  const terms = dataPrimes.map((prime) => {
    const p = Number(prime);
    const inverse = Number(power((modulus / prime) % prime, prime - 2n, prime));
    return { p, inverse, whole: Math.floor(t / p), rest: t % p };
  });
  return (residues, at, step) => {
    let integer = 0;
    let fraction = 0;
    for (let k = 0; k < terms.length; k++) {
      const { p, inverse, whole, rest } = terms[k]!;
      const residue = residues[at + k * step]!;
      const y = ((((residue >>> 15) * inverse) % p) * 2 ** 15 + (residue & 0x7fff) * inverse) % p;
      const upper = (y >>> 15) * rest;
      const upperQuotient = Math.floor(upper / p);
      const lower = (upper - upperQuotient * p) * 2 ** 15 + (y & 0x7fff) * rest;
      const lowerQuotient = Math.floor(lower / p);
      integer += whole * y + upperQuotient * 2 ** 15 + lowerQuotient;
      fraction += (lower - lowerQuotient * p) / p;
    }
    const up = fraction + 0.5;
    const carried = Math.floor(up);
    if (up - carried < DOUBT || carried + 1 - up < DOUBT) return exactly(set, residues, at, step);
    return (integer + carried) % t;
  };
}

function exactly(set: ParameterSet, residues: Uint32Array, at: number, step: number): number {
  const { dataPrimes, modulus } = set;
  const t = BigInt(set.plainModulus);
  const x = dataPrimes.reduce((sum, prime, k) => {
    const rest = modulus / prime;
    return sum + BigInt(residues[at + k * step]!) * rest * power(rest % prime, prime - 2n, prime);
  }, 0n);
  return Number(((2n * t * (x % modulus) + modulus) / (2n * modulus)) % t);
}

function power(base: bigint, exponent: bigint, prime: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}
