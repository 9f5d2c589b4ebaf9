import {
  type ParameterSet,
  type ProductSetName,
  productSet,
  publicKeyWords,
  SEED_BYTES,
} from '../../he/index.js';
import type { Address } from '../kernel/index.js';
import { type CipherRing, dataRing, type KeptPolynomial, specialRing } from './cipher-ring.js';
import { SpecialDivision } from './special-division.js';
import { drawTernary } from './ternary.js';

/** One polynomial of a public key, modulo the data primes and modulo the special one. */
interface KeyPolynomial {
  readonly data: KeptPolynomial;
  readonly special: KeptPolynomial;
}

/** Encryptions of zero under somebody else's public key, which make a ciphertext independent of where it came from. */
export class FreshZeros {
  readonly set: ParameterSet;
  readonly #data: CipherRing;
  readonly #special: CipherRing;
  readonly #key: readonly [KeyPolynomial, KeyPolynomial];
  readonly #division: SpecialDivision;

  /** @throws {CodedError} CIPHERTEXT_MALFORMED when the bytes are no public key of the set. */
  constructor(name: ProductSetName, publicKey: Uint8Array) {
    const set = productSet(name);
    this.set = set;
    this.#data = dataRing(set);
    this.#special = specialRing(set);
    const b = publicKeyWords(set, publicKey);
    const a = this.#data.expand(publicKey.subarray(0, SEED_BYTES), set.primes.length).slice();
    this.#key = [this.#keptOf(b), this.#keptOf(a)];
    this.#division = new SpecialDivision(set);
  }

  /**
   * Adds a fresh encryption of zero to a ciphertext c0 ‖ c1 in 32-bit residues, N per prime: the public key times a ternary
   * u, plus an error each, divided by the special prime and rounded.
   */
  addTo(words: Uint32Array): void {
    const { degree, dataPrimes } = this.set;
    const length = degree * dataPrimes.length;
    const u = drawTernary(degree);
    const [dataU, specialU] = [this.#data.scratch[0], this.#special.scratch[0]];
    this.#data.transformSigned(u, dataU);
    this.#special.transformSigned(u, specialU);
    u.fill(0);
    this.#key.forEach(({ data, special }, polynomial) => {
      const errors = this.#data.drawErrors();
      const quotient = this.#product(this.#data, dataU, data, errors);
      const rest = this.#product(this.#special, specialU, special, errors);
      errors.fill(0);
      const zero = this.#division.divide(quotient, this.#special.wordsOf(rest));
      for (let p = 0, at = 0, to = polynomial * length; p < dataPrimes.length; p++) {
        const prime = Number(dataPrimes[p]);
        for (const end = at + degree; at < end; at++, to++) {
          const sum = words[to]! + zero[at]!;
          words[to] = sum >= prime ? sum - prime : sum;
        }
      }
    });
    this.#data.wipe(dataU);
    this.#special.wipe(specialU);
  }

  #product(ring: CipherRing, u: Address, key: KeptPolynomial, errors: Int32Array): Address {
    const [, poly] = ring.scratch;
    ring.multiply(u, key, poly);
    ring.kernel.ring.inverse(poly);
    ring.addSigned(poly, errors);
    return poly;
  }

  #keptOf(residues: Uint32Array): KeyPolynomial {
    const { degree, dataPrimes } = this.set;
    const length = degree * dataPrimes.length;
    return {
      data: kept(this.#data, residues.subarray(0, length)),
      special: kept(this.#special, residues.subarray(length, length + degree)),
    };
  }
}

function kept(ring: CipherRing, residues: Uint32Array): KeptPolynomial {
  const [poly] = ring.scratch;
  ring.setWords(poly, residues);
  return ring.keep(poly);
}
