import { createCipheriv, hkdfSync } from 'node:crypto';
import type { ParticipantName, Secret } from '../../contract/index.js';

/** A party and the secrets it shares with each other one. */
export interface MaskPeers {
  readonly me: ParticipantName;
  /** All whose masks cancel, in the same order everywhere. */
  readonly holders: readonly ParticipantName[];
  /** 32 bytes shared with one of them. */
  seed(holder: ParticipantName): Secret;
  readonly rosterDigest: string;
}

/**
 * Masks that cancel over all `holders`: uniform mod `modulus`, fresh per purpose, plus towards those behind and
 * minus towards those before. With one there is nothing to hide from, and they are 0.
 * @param modulus integer up to 2^52.
 * @returns residues in [0, modulus).
 */
export function pairMasks(
  { me, holders, seed, rosterDigest }: MaskPeers,
  purpose: string,
  count: number,
  modulus: number,
): Float64Array {
  const masks = new Float64Array(count);
  const own = holders.indexOf(me);
  holders.forEach((holder, at) => {
    if (at === own) return;
    const key = hkdfSync(
      'sha256',
      seed(holder).reveal(),
      rosterDigest,
      `fedrisk/v1/pair-mask/${purpose}`,
      32,
    );
    const stream = new UniformStream(new Uint8Array(key), modulus);
    const sign = own < at ? 1 : -1;
    for (let k = 0; k < count; k++) {
      const sum = masks[k]! + sign * stream.next();
      masks[k] = sum < 0 ? sum + modulus : sum >= modulus ? sum - modulus : sum;
    }
  });
  return masks;
}

const blockBytes = 64 * 1024;
/** Candidates are 52 bits: exact in a double. */
const candidates = 2 ** 52;

/** AES-256-CTR from counter zero; a key serves one stream. Rejection keeps the residues uniform. */
class UniformStream {
  readonly #cipher: ReturnType<typeof createCipheriv>;
  readonly #modulus: number;
  readonly #limit: number;
  #words = new Uint32Array(0);
  #at = 0;

  constructor(key: Uint8Array, modulus: number) {
    this.#cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
    this.#modulus = modulus;
    this.#limit = candidates - (candidates % modulus);
  }

  next(): number {
    for (;;) {
      if (this.#at === this.#words.length) {
        const bytes = this.#cipher.update(new Uint8Array(blockBytes));
        this.#words = new Uint32Array(new Uint8Array(bytes).buffer);
        this.#at = 0;
      }
      const low = this.#words[this.#at++]!;
      const high = this.#words[this.#at++]! & 0xfffff;
      const value = high * 2 ** 32 + low;
      if (value < this.#limit) return value % this.#modulus;
    }
  }
}
