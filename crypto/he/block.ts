import { CodedError } from '../../contract/core.js';
import { packedBytes, packWords, unpackWords, wordsBelow } from './packing.js';
import type { ParameterSet } from './parameter-set.js';
import { SEED_BYTES } from './seal-layout.js';

/**
 * The wire form of one ciphertext ("block") of up to N values in coefficient packing: value j is coefficient j, so
 * a block of `count` < N values leaves out the c0 coefficients beyond `count` (each coefficient decrypts alone).
 *   upload  64-byte seed of c1 ‖ c0 packed
 *   sum     c0 packed ‖ c1 packed (c1 whole: every coefficient of c0 needs all of it)
 * A packed polynomial is `count` residues per prime, prime after prime (packing.ts).
 */

export function polynomialBytes(set: ParameterSet, count: number): number {
  return packedBytes(count * set.dataPrimes.length, set.residueBits);
}

export function uploadBlockBytes(set: ParameterSet, count: number): number {
  return SEED_BYTES + polynomialBytes(set, count);
}

export function sumBlockBytes(set: ParameterSet, count: number): number {
  return polynomialBytes(set, count) + polynomialBytes(set, set.degree);
}

/** Packs and unpacks polynomials of one set; keeps its scratch space, so one call at a time. */
export class PolynomialCodec {
  readonly #set: ParameterSet;
  readonly #packed: Uint32Array;
  readonly #packedBytes: Uint8Array;
  readonly #residues: Uint32Array;

  constructor(set: ParameterSet) {
    this.#set = set;
    // One word more than a polynomial needs, so that unpacking never reads past the end.
    this.#packed = new Uint32Array(polynomialBytes(set, set.degree) / 4 + 1);
    this.#packedBytes = new Uint8Array(this.#packed.buffer);
    this.#residues = new Uint32Array(2 * set.degree * set.dataPrimes.length);
  }

  /** Writes the first `count` coefficients of SEAL's words (N per prime) to `target` at `offset`. */
  pack(words: Uint32Array, count: number, target: Uint8Array, offset: number): void {
    const { degree, dataPrimes, residueBits } = this.#set;
    let residues = words;
    if (count < degree) {
      residues = this.#residues;
      dataPrimes.forEach((_, p) => {
        residues.set(words.subarray(2 * p * degree, 2 * (p * degree + count)), 2 * p * count);
      });
    }
    packWords(residues, dataPrimes.length * count, residueBits, this.#packed);
    target.set(this.#packedBytes.subarray(0, polynomialBytes(this.#set, count)), offset);
  }

  /**
   * Reads `count` coefficients into SEAL's words; the others become zero. `bytes` is attacker-controlled and exactly
   * polynomialBytes(set, count) long.
   * @throws {CodedError} SUM_MALFORMED on a residue >= its prime or a padding bit.
   */
  unpack(bytes: Uint8Array, count: number, words: Uint32Array): void {
    const { degree, dataPrimes, residueBits } = this.#set;
    this.#packedBytes.set(bytes);
    const residues = count < degree ? this.#residues : words;
    let canonical = unpackWords(this.#packed, dataPrimes.length * count, residueBits, residues);
    dataPrimes.forEach((prime, p) => {
      canonical &&= wordsBelow(residues, p * count, (p + 1) * count, prime);
    });
    if (!canonical) throw new CodedError('SUM_MALFORMED', 'a coefficient is not below its modulus');
    if (residues !== words) {
      words.fill(0);
      dataPrimes.forEach((_, p) => {
        words.set(residues.subarray(2 * p * count, 2 * (p + 1) * count), 2 * p * degree);
      });
    }
  }
}
