import type { ParameterSet } from '../../../crypto/he/parameter-set.js';
import type { ProductSetName } from '../../../crypto/he/product-sets.js';
import { openSeal, type Seal } from '../../../crypto/he/seal.js';
import {
  ciphertextWordsAt,
  type Layout,
  publicKeyLayout,
  readLowWords,
  seededLayout,
} from '../../../crypto/he/seal-layout.js';

/** Expands seeds of symmetric ciphertexts to their c1; needs no key. */
export class SealSeedExpander {
  readonly #seal: Seal;
  /** c0 stays zero. */
  readonly #layout: Layout;
  readonly #ciphertext: ReturnType<Seal['library']['CipherText']>;

  private constructor(seal: Seal) {
    this.#seal = seal;
    this.#layout = seededLayout(seal.set, seal.dataParmsId);
    this.#ciphertext = seal.library.CipherText();
  }

  static async open(name: ProductSetName): Promise<SealSeedExpander> {
    return new SealSeedExpander(await openSeal(name));
  }

  get set(): ParameterSet {
    return this.#seal.set;
  }

  /** Writes c1, 32-bit residues, N per prime, to words[at ..). */
  expand(seed: Uint8Array, words: Uint32Array, at: number): void {
    const { library, context, guard, set } = this.#seal;
    this.#layout.seed.set(seed);
    const saved = guard('CIPHERTEXT_MALFORMED', 'SEAL refuses a seed', () => {
      this.#ciphertext.loadArray(context, this.#layout.bytes);
      return this.#ciphertext.saveArray(library.ComprModeType.none);
    });
    const length = set.degree * set.dataPrimes.length;
    readLowWords(saved, ciphertextWordsAt + 8 * length, words, at, length);
  }

  /** The polynomial a of a public key with this seed: N residues for each prime, the special one last. */
  expandKey(seed: Uint8Array): Uint32Array {
    const { library, context, guard, set, keyParmsId } = this.#seal;
    const layout = publicKeyLayout(set, keyParmsId);
    layout.seed.set(seed);
    const key = library.PublicKey();
    const saved = guard('CIPHERTEXT_MALFORMED', 'SEAL refuses a seed', () => {
      try {
        key.loadArray(context, layout.bytes);
        return key.saveArray(library.ComprModeType.none);
      } finally {
        key.delete();
      }
    });
    const words = new Uint32Array(set.degree * set.primes.length);
    readLowWords(saved, ciphertextWordsAt + 8 * words.length, words, 0, words.length);
    return words;
  }

  close(): void {
    this.#ciphertext.delete();
  }
}
