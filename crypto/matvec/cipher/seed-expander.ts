import { type ParameterSet, type ProductSetName, productSet } from '../../he/index.js';
import { dataRing } from './cipher-ring.js';

/** Expands seeds of symmetric ciphertexts to their c1; needs no key. */
export class SeedExpander {
  readonly set: ParameterSet;

  constructor(name: ProductSetName) {
    this.set = productSet(name);
  }

  /** Writes c1, 32-bit residues, N per prime, to words[at ..). */
  expand(seed: Uint8Array, words: Uint32Array, at: number): void {
    words.set(dataRing(this.set).expand(seed, this.set.dataPrimes.length), at);
  }
}
