import { CodedError } from '../../contract/core.js';

/** A BFV parameter set as people write it; `checkedSet` turns it into the value that code receives. */
export interface ParameterLiteral<Name extends string = string> {
  readonly name: Name;
  /** N: coefficients, and so values, per ciphertext. */
  readonly degree: number;
  /** Primes of the ciphertext modulus q, in SEAL's order, for `bitSizes` below. */
  readonly primes: readonly bigint[];
  /** Bits of each prime; the last one is SEAL's special prime when there is more than one. */
  readonly bitSizes: readonly number[];
  /** t: a prime ≡ 1 mod 2N (SEAL refuses others). Below 2^50, so that sums of a few values stay exact doubles. */
  readonly plainModulus: number;
}

/**
 * One checked parameter set.
 *
 * Security: ternary secret, log2 of all primes together at most 54 (N=2048), 109 (N=4096) or 218 (N=8192) bits is the
 * 128-bit line of the HomomorphicEncryption.org standard (table 1); SEAL enforces the same.
 */
export interface ParameterSet<Name extends string = string> extends ParameterLiteral<Name> {
  /** Bits of one packed residue. */
  readonly residueBits: number;
  /** Primes that ciphertexts use: all but the special one. */
  readonly dataPrimes: readonly bigint[];
  /** q: the product of the data primes. */
  readonly modulus: bigint;
  /** For evidence. */
  readonly description: string;
}

/**
 * Largest distance of a fresh symmetric ciphertext's phase from q·m/t: |e| <= 21 (SEAL's centred binomial of 21 + 21
 * bits) and one unit for rounding q·m/t (scaling.ts).
 */
export const FRESH_NOISE = 22n;

/**
 * Mean square of the same over the coins of whoever encrypts: 21/2 of the centred binomial, and of rounding up or down by
 * chance (spread-scaling.ts) 1/4 and less than 2^-19 for its bias. Coefficients are independent.
 */
export const FRESH_SQUARE = 11n;

const standardBits: Readonly<Record<number, number>> = { 2048: 54, 4096: 109, 8192: 218 };

/** What any set must fulfil; the bounds of what is done with it are checked where that is defined. */
export function checkedSet<Name extends string>(literal: ParameterLiteral<Name>): ParameterSet<Name> {
  const { name, degree, primes, bitSizes, plainModulus } = literal;
  const dataPrimes = primes.length > 1 ? primes.slice(0, -1) : primes;
  const residueBits = bitSizes[0] as number;
  const t = BigInt(plainModulus);
  const sound =
    bitSizes.reduce((sum, bits) => sum + bits, 0) <= (standardBits[degree] ?? 0) &&
    primes.length === bitSizes.length &&
    primes.every((prime, at) => prime < 1n << BigInt(bitSizes[at] as number) && prime !== t) &&
    dataPrimes.every((prime) => prime < 1n << BigInt(residueBits)) &&
    plainModulus % (2 * degree) === 1 &&
    plainModulus < 2 ** 50;
  if (!sound) throw new CodedError('INTERNAL', `parameter set ${name} is not sound`);
  const logQ = bitSizes.length > 1 ? bitSizes.join('+') : String(bitSizes[0]);
  return {
    ...literal,
    dataPrimes,
    residueBits,
    modulus: dataPrimes.reduce((product, prime) => product * prime, 1n),
    description: `BFV N=${degree} log q=${logQ} t=${plainModulus}`,
  };
}
