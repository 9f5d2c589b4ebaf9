import type { ParameterSet } from '../../he/index.js';
import type { Address } from '../kernel/index.js';
import { type CipherRing, dataRing } from './cipher-ring.js';

/** Division of polynomials mod q·p by the special prime p, rounded to the nearest, as SEAL's fresh encryptions are divided. */
export class SpecialDivision {
  readonly #set: ParameterSet;
  readonly #ring: CipherRing;
  /** ⌊p/2⌋, then 1/p with its Shoup quotient, for each data prime. */
  readonly #constants: Uint32Array;

  constructor(set: ParameterSet) {
    this.#set = set;
    this.#ring = dataRing(set);
    this.#constants = divisionConstants(set);
  }

  /**
   * @param poly x mod q, in the memory of the ring's kernel; overwritten.
   * @param rest x mod p, N residues.
   * @returns round(x / p) mod q, N residues for each data prime, until the kernel is used again.
   */
  divide(poly: Address, rest: Uint32Array): Uint32Array {
    const { degree, primes } = this.#set;
    const { kernel, words } = this.#ring;
    const constants = words + 4 * degree;
    this.#ring.wordsAt(words, degree).set(rest);
    this.#ring.wordsAt(constants, this.#constants.length).set(this.#constants);
    kernel.ring.divideByPrime(poly, words, Number(primes.at(-1)), constants);
    return this.#ring.wordsOf(poly);
  }
}

/** Lanes without a prime of their own repeat the first. */
function divisionConstants({ primes, dataPrimes }: ParameterSet): Uint32Array {
  const special = primes.at(-1)!;
  const constants = new Uint32Array(12);
  for (let lane = 0; lane < 4; lane++) {
    const prime = dataPrimes[lane] ?? dataPrimes[0]!;
    const inverse = inverseOf(special % prime, prime);
    constants[lane] = Number((special >> 1n) % prime);
    constants[4 + lane] = Number(inverse);
    constants[8 + lane] = Number((inverse << 32n) / prime);
  }
  return constants;
}

/** By Fermat: prime is one. */
function inverseOf(value: bigint, prime: bigint): bigint {
  let result = 1n;
  for (let base = value, exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}
