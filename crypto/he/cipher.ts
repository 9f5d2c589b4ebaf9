import { CodedError, type ParameterSetName } from '../../contract/core.js';
import { PolynomialCodec, polynomialBytes, sumBlockBytes, uploadBlockBytes } from './block.js';
import { type AddScaled, scalerOf } from './scaling.js';
import { openSeal, type Seal } from './seal.js';
import {
  ciphertextLayout,
  ciphertextWordsAt,
  type Layout,
  plaintextWordsAt,
  readWords,
  SEED_BYTES,
  seededLayout,
} from './seal-layout.js';
import { loadSecretKey } from './secret-key.js';

type Library = Seal['library'];

/**
 * Encrypts and decrypts blocks under one secret key. Values are residues mod t as doubles, value j in coefficient j.
 * Coefficient packing, without BatchEncoder (40–47 µs per 2048 values, and 64-bit integers): uniform masks hide every
 * coefficient alike and nothing is multiplied, so slots would add nothing.
 */
export class BlockCipher {
  readonly #seal: Seal;
  readonly #codec: PolynomialCodec;
  readonly #addScaled: AddScaled;
  readonly #cipher: Layout;
  /** Views of its two polynomials. */
  readonly #c0: Uint32Array;
  readonly #c1: Uint32Array;
  readonly #message: Uint32Array;
  readonly #seedOffset: number;
  readonly #secret: ReturnType<Library['SecretKey']>;
  readonly #public: ReturnType<Library['PublicKey']>;
  readonly #encryptor: ReturnType<Library['Encryptor']>;
  readonly #decryptor: ReturnType<Library['Decryptor']>;
  readonly #zero: ReturnType<Library['PlainText']>;
  readonly #opened: ReturnType<Library['PlainText']>;
  readonly #ciphertext: ReturnType<Library['CipherText']>;
  readonly #none: unknown;

  private constructor(seal: Seal, key: Uint8Array) {
    const { library, context, set } = seal;
    this.#seal = seal;
    this.#codec = new PolynomialCodec(set);
    this.#addScaled = scalerOf(set);
    this.#cipher = ciphertextLayout(set, seal.dataParmsId);
    const { words } = this.#cipher;
    this.#c0 = words.subarray(0, words.length / 2);
    this.#c1 = words.subarray(words.length / 2);
    this.#message = new Uint32Array(2 * set.degree);
    const seeded = seededLayout(set, seal.dataParmsId);
    this.#seedOffset = seeded.bytes.length - SEED_BYTES;
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
    this.#none = library.ComprModeType.none;
  }

  /** @throws {CodedError} COMMITMENT_MISMATCH when `key` is not a secret key of the set. */
  static async open(name: ParameterSetName, key: Uint8Array): Promise<BlockCipher> {
    const seal = await openSeal(name);
    return seal.guard('INTERNAL', 'SEAL does not take the key', () => new BlockCipher(seal, key));
  }

  /** An upload block of values[0 .. count), randomness fresh from the operating system (SEAL seeds itself there). */
  encrypt(values: Float64Array, count: number): Uint8Array {
    const { set, guard } = this.#seal;
    const saved = guard('INTERNAL', 'SEAL does not encrypt', () => {
      const fresh = this.#encryptor.encryptSymmetricSerializable(this.#zero);
      try {
        return fresh.saveArray(this.#none as never);
      } finally {
        fresh.delete();
      }
    });
    if (saved.length !== this.#seedOffset + SEED_BYTES) {
      throw new CodedError('INTERNAL', 'SEAL saved a ciphertext of another form');
    }
    const block = new Uint8Array(uploadBlockBytes(set, count));
    block.set(saved.subarray(this.#seedOffset));
    const words = this.#c0;
    readWords(saved, ciphertextWordsAt, words);
    this.#addScaled(values, count, words);
    this.#codec.pack(words, count, block, SEED_BYTES);
    return block;
  }

  /**
   * Decrypts a sum block of `count` values into values[0 .. count).
   * @throws {CodedError} SUM_MALFORMED when the bytes (attacker-controlled) are not such a block.
   */
  decrypt(block: Uint8Array, count: number, values: Float64Array): void {
    const { set, context, guard } = this.#seal;
    if (block.length !== sumBlockBytes(set, count)) {
      throw new CodedError('SUM_MALFORMED', `a sum block of ${count} values has ${block.length} bytes`);
    }
    const c0Bytes = polynomialBytes(set, count);
    this.#codec.unpack(block.subarray(0, c0Bytes), count, this.#c0);
    this.#codec.unpack(block.subarray(c0Bytes), set.degree, this.#c1);
    const plain = guard('SUM_MALFORMED', 'SEAL refuses a sum block', () => {
      this.#ciphertext.loadArray(context, this.#cipher.bytes);
      this.#decryptor.decrypt(this.#ciphertext, this.#opened);
      return this.#opened.saveArray(this.#none as never);
    });
    // SEAL leaves out zero coefficients at the top.
    const given = Math.min(count, (plain.length - plaintextWordsAt) / 8);
    const message = this.#message.subarray(0, 2 * given);
    readWords(plain, plaintextWordsAt, message);
    for (let j = 0; j < given; j++) {
      values[j] = (message[2 * j] as number) + (message[2 * j + 1] as number) * 2 ** 32;
    }
    values.fill(0, given, count);
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
