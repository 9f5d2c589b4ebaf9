import { randomFillSync } from 'node:crypto';
import { CodedError } from '../../../contract/core.js';
import type { ParameterSet } from '../../../crypto/he/parameter-set.js';
import type { ProductSetName } from '../../../crypto/he/product-sets.js';
import { openSeal, type Seal } from '../../../crypto/he/seal.js';
import {
  ciphertextLayout,
  ciphertextWordsAt,
  type Layout,
  plaintextWordsAt,
  readLowWords,
  readWords,
  SEED_BYTES,
  seededLayout,
  writeLowWords,
} from '../../../crypto/he/seal-layout.js';
import { loadSecretKey } from '../../../crypto/he/secret-key.js';
import { type AddSpread, spreadScalerOf } from '../../../crypto/he/spread-scaling.js';

type Library = Seal['library'];

/**
 * What the key holder of encrypted products does. Words of a polynomial are 32-bit residues, N per prime, prime after
 * prime; a ciphertext is c0 ‖ c1. Coefficient packing: the integer at exponent j is coefficient j.
 */
export class SealProductCipher {
  readonly #seal: Seal;
  readonly #addSpread: AddSpread;
  readonly #layout: Layout;
  readonly #seedOffset: number;
  readonly #message: Uint32Array;
  readonly #secret: ReturnType<Library['SecretKey']>;
  readonly #public: ReturnType<Library['PublicKey']>;
  readonly #encryptor: ReturnType<Library['Encryptor']>;
  readonly #decryptor: ReturnType<Library['Decryptor']>;
  readonly #zero: ReturnType<Library['PlainText']>;
  readonly #opened: ReturnType<Library['PlainText']>;
  readonly #ciphertext: ReturnType<Library['CipherText']>;

  private constructor(seal: Seal, key: Uint8Array) {
    const { library, context, set } = seal;
    this.#seal = seal;
    this.#addSpread = spreadScalerOf(set);
    this.#layout = ciphertextLayout(set, seal.dataParmsId);
    this.#seedOffset = seededLayout(set, seal.dataParmsId).bytes.length - SEED_BYTES;
    this.#message = new Uint32Array(2 * set.degree);
    this.#secret = loadSecretKey(seal, key);
    // node-seal's Encryptor wants a public key even for symmetric encryption.
    const generator = library.KeyGenerator(context, this.#secret);
    this.#public = generator.createPublicKey();
    generator.delete();
    this.#encryptor = library.Encryptor(context, this.#public, this.#secret);
    this.#decryptor = library.Decryptor(context, this.#secret);
    this.#zero = library.PlainText({ coeffCount: 1, capacity: 1 });
    this.#opened = library.PlainText();
    this.#ciphertext = library.CipherText();
  }

  /** @throws {CodedError} COMMITMENT_MISMATCH when `key` is not a secret key of the set's ring. */
  static async open(name: ProductSetName, key: Uint8Array): Promise<SealProductCipher> {
    const seal = await openSeal(name);
    return seal.guard('INTERNAL', 'SEAL does not take the key', () => new SealProductCipher(seal, key));
  }

  get set(): ParameterSet {
    return this.#seal.set;
  }

  /**
   * Encrypts values[from .. from + count), integers |m| < t, at exponents 0, stride, 2·stride, …: writes c0 and returns the
   * 64-byte seed of c1. Randomness fresh from the operating system (SEAL seeds itself there), also for rounding q·m/t up or
   * down: what a sum of many rows has of noise then has no part that grows with their number.
   */
  encrypt(values: Float64Array, from: number, count: number, stride: number, c0: Uint32Array): Uint8Array {
    const { library, guard } = this.#seal;
    const saved = guard('INTERNAL', 'SEAL does not encrypt', () => {
      const fresh = this.#encryptor.encryptSymmetricSerializable(this.#zero);
      try {
        return fresh.saveArray(library.ComprModeType.none);
      } finally {
        fresh.delete();
      }
    });
    if (saved.length !== this.#seedOffset + SEED_BYTES) {
      throw new CodedError('INTERNAL', 'SEAL saved a ciphertext of another form');
    }
    readLowWords(saved, ciphertextWordsAt, c0, 0, c0.length);
    this.#addSpread(values, from, count, stride, c0, chances(count));
    return saved.subarray(this.#seedOffset);
  }

  /** round(t·phase/q) mod t of the first `count` coefficients of a ciphertext, whose residues are below their primes. */
  decrypt(words: Uint32Array, count: number, target: Float64Array, at: number): void {
    const { library, context, guard } = this.#seal;
    writeLowWords(words, 0, words.length, this.#layout.words);
    const plain = guard('CIPHERTEXT_MALFORMED', 'SEAL refuses a ciphertext', () => {
      this.#ciphertext.loadArray(context, this.#layout.bytes);
      this.#decryptor.decrypt(this.#ciphertext, this.#opened);
      return this.#opened.saveArray(library.ComprModeType.none);
    });
    // SEAL leaves out zero coefficients at the top.
    const given = Math.min(count, (plain.length - plaintextWordsAt) / 8);
    const message = this.#message.subarray(0, 2 * given);
    readWords(plain, plaintextWordsAt, message);
    for (let j = 0; j < given; j++) {
      target[at + j] = (message[2 * j] as number) + (message[2 * j + 1] as number) * 2 ** 32;
    }
    target.fill(0, at + given, at + count);
  }

  /** Gives SEAL's memory back and forgets the key. */
  close(): void {
    for (const object of [
      this.#encryptor,
      this.#decryptor,
      this.#secret,
      this.#public,
      this.#zero,
      this.#opened,
      this.#ciphertext,
    ]) {
      object.delete();
    }
  }
}

/** Uniform on multiples of 2^-32, as far from 0 and 1 that arithmetic in doubles does not carry a rounding beyond one unit. */
function chances(count: number): Float64Array {
  const words = randomFillSync(new Uint32Array(count));
  return Float64Array.from(words, (word) => ((word + 0.5) / 2 ** 32) * (1 - 2 ** -20) + 2 ** -21);
}
