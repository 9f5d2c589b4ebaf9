import type { ParameterSet } from '../../../crypto/he/parameter-set.js';
import type { ProductSetName } from '../../../crypto/he/product-sets.js';
import { loadPublicKey } from '../../../crypto/he/public-key.js';
import { openSeal, type Seal } from '../../../crypto/he/seal.js';
import { ciphertextWordsAt, readLowWords } from '../../../crypto/he/seal-layout.js';

type Library = Seal['library'];

/** Encryptions of zero under somebody else's public key, which make a ciphertext independent of where it came from. */
export class SealFreshZeros {
  readonly #seal: Seal;
  readonly #public: ReturnType<Library['PublicKey']>;
  readonly #encryptor: ReturnType<Library['Encryptor']>;
  readonly #ciphertext: ReturnType<Library['CipherText']>;

  private constructor(seal: Seal, publicKey: Uint8Array) {
    this.#seal = seal;
    this.#public = loadPublicKey(seal, publicKey);
    this.#encryptor = seal.library.Encryptor(seal.context, this.#public);
    this.#ciphertext = seal.library.CipherText();
  }

  /** @throws {CodedError} CIPHERTEXT_MALFORMED when the bytes are no public key of the set. */
  static async open(name: ProductSetName, publicKey: Uint8Array): Promise<SealFreshZeros> {
    const seal = await openSeal(name);
    return seal.guard(
      'INTERNAL',
      'SEAL does not take the public key',
      () => new SealFreshZeros(seal, publicKey),
    );
  }

  get set(): ParameterSet {
    return this.#seal.set;
  }

  /** Adds a fresh encryption of zero to a ciphertext c0 ‖ c1 in 32-bit residues, N per prime. */
  addTo(words: Uint32Array, scratch: Uint32Array): void {
    const { library, guard, set } = this.#seal;
    const saved = guard('INTERNAL', 'SEAL does not encrypt', () => {
      this.#encryptor.encryptZero(this.#ciphertext);
      return this.#ciphertext.saveArray(library.ComprModeType.none);
    });
    readLowWords(saved, ciphertextWordsAt, scratch, 0, words.length);
    const { degree, dataPrimes } = set;
    for (let run = 0, at = 0; run < 2 * dataPrimes.length; run++) {
      const prime = Number(dataPrimes[run % dataPrimes.length]);
      for (const end = at + degree; at < end; at++) {
        const sum = (words[at] as number) + (scratch[at] as number);
        words[at] = sum >= prime ? sum - prime : sum;
      }
    }
  }

  close(): void {
    for (const object of [this.#encryptor, this.#public, this.#ciphertext]) object.delete();
  }
}
