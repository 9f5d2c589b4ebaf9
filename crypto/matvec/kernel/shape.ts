import { CodedError } from '../../../contract/core.js';

/** A ring Z_q[x]/(x^N + 1), q the product of the data primes of a SEAL parameter set (its special prime left out). */
export interface RingShape {
  /** N. */
  readonly degree: 4096 | 8192;
  /** One to four different primes, each below 2^30 and ≡ 1 mod 2N, in SEAL's order. */
  readonly primes: readonly number[];
}

/**
 * Two polynomials in coefficient form, residues prime-major: N words per prime of c0, then the same of c1; each word
 * in [0, prime).
 */
export type CipherWords = Uint32Array;

/** Words of one polynomial. */
export function polyLength({ degree, primes }: RingShape): number {
  return primes.length * degree;
}

/** Words of one ciphertext. */
export function cipherLength(shape: RingShape): number {
  return 2 * polyLength(shape);
}

/** Bytes of a transformed pair of polynomials in the kernel's form: 16 a coefficient. */
export function pairBytes({ degree }: RingShape): number {
  return 32 * degree;
}

/** @throws {CodedError} INTERNAL when the kernel cannot work in this ring. Primality is the caller's word. */
export function checkedShape(shape: RingShape): RingShape {
  const { degree, primes } = shape;
  const sound =
    (degree === 4096 || degree === 8192) &&
    primes.length >= 1 &&
    primes.length <= 4 &&
    new Set(primes).size === primes.length &&
    primes.every((prime) => Number.isInteger(prime) && prime < 2 ** 30 && prime % (2 * degree) === 1);
  if (sound) return shape;
  throw new CodedError('INTERNAL', `no ring for the kernel: N=${degree}, primes ${primes.join(', ')}`);
}
