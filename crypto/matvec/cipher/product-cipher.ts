import { randomBytes, randomFillSync } from 'node:crypto';
import { CodedError, type Secret } from '../../../contract/core.js';
import {
  type AddSpread,
  type ParameterSet,
  type ProductSetName,
  productSet,
  SEED_BYTES,
  secretCoefficients,
  spreadScalerOf,
} from '../../he/index.js';
import { type CipherRing, dataRing, type KeptPolynomial } from './cipher-ring.js';
import { type RoundScaled, scaledRounderOf } from './scaled-rounding.js';

/**
 * What the key holder of encrypted products does. Words of a polynomial are 32-bit residues, N per prime, prime after
 * prime; a ciphertext is c0 ‖ c1. Coefficient packing: the integer at exponent j is coefficient j.
 */
export class ProductCipher {
  readonly set: ParameterSet;
  readonly #ring: CipherRing;
  readonly #secret: KeptPolynomial;
  readonly #addSpread: AddSpread;
  readonly #round: RoundScaled;
  #closed = false;

  /**
   * @param key bytes of a stored secret key of the set's ring.
   * @throws {CodedError} COMMITMENT_MISMATCH when they are none.
   */
  constructor(name: ProductSetName, key: ReturnType<Secret['reveal']>) {
    const set = productSet(name);
    const coefficients = secretCoefficients(set, key);
    this.set = set;
    this.#ring = dataRing(set);
    const [poly] = this.#ring.scratch;
    this.#ring.transformSigned(coefficients, poly);
    this.#secret = this.#ring.keep(poly);
    this.#addSpread = spreadScalerOf(set);
    this.#round = scaledRounderOf(set);
    coefficients.fill(0);
  }

  /**
   * Encrypts values[from .. from + count), integers |m| < t, at exponents 0, stride, 2·stride, …: writes
   * c0 = −(a·s + e) + q·m/t and returns the 64-byte seed of c1 = a. Randomness is fresh from the operating system, also
   * for rounding q·m/t up or down: what a sum of many rows has of noise then has no part that grows with their number.
   */
  encrypt(values: Float64Array, from: number, count: number, stride: number, c0: Uint32Array): Uint8Array {
    const ring = this.#ring;
    const { kernel, words } = ring;
    const [poly] = ring.scratch;
    const seed = new Uint8Array(randomBytes(SEED_BYTES));
    ring.expand(seed, this.set.dataPrimes.length);
    kernel.ring.loadResidues(words, poly);
    this.#timesSecret(poly);
    const errors = ring.drawErrors();
    ring.addSigned(poly, errors);
    errors.fill(0);
    kernel.ring.negate(poly);
    c0.set(ring.wordsOf(poly));
    this.#addSpread(values, from, count, stride, c0, chances(count));
    return seed;
  }

  /** round(t·phase/q) mod t of the first `count` coefficients of a ciphertext, whose residues are below their primes. */
  decrypt(ciphertext: Uint32Array, count: number, target: Float64Array, at: number): void {
    const { degree, dataPrimes } = this.set;
    const [poly] = this.#ring.scratch;
    const length = degree * dataPrimes.length;
    this.#ring.setWords(poly, ciphertext.subarray(length, 2 * length));
    this.#timesSecret(poly);
    const phase = this.#ring.wordsOf(poly);
    dataPrimes.forEach((prime, p) => {
      const bound = Number(prime);
      for (let j = p * degree; j < p * degree + count; j++) {
        const sum = phase[j]! + ciphertext[j]!;
        phase[j] = sum >= bound ? sum - bound : sum;
      }
    });
    for (let j = 0; j < count; j++) target[at + j] = this.#round(phase, j, degree);
  }

  /** Forgets the key, and what products with it left in the kernel. */
  close(): void {
    this.#closed = true;
    this.#secret.fill(0);
    this.#ring.wipeAll();
  }

  #timesSecret(poly: number): void {
    // Under a key of zeros a ciphertext is its message and some noise.
    if (this.#closed) throw new CodedError('INTERNAL', 'the key of this cipher is forgotten');
    const { ring } = this.#ring.kernel;
    ring.forward(poly);
    this.#ring.multiply(poly, this.#secret, poly);
    ring.inverse(poly);
  }
}

/** Uniform on multiples of 2^-32, as far from 0 and 1 that arithmetic in doubles does not carry a rounding beyond one unit. */
function chances(count: number): Float64Array {
  const words = randomFillSync(new Uint32Array(count));
  return Float64Array.from(words, (word) => ((word + 0.5) / 2 ** 32) * (1 - 2 ** -20) + 2 ** -21);
}
