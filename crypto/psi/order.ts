import { createCipheriv } from 'node:crypto';
import type { Secret } from '../../contract/core.js';

const WORDS = 4096;
const zeros = new Uint8Array(WORDS * 4);
const zeroIv = new Uint8Array(16);

/**
 * The secret order in which a side sends its points: order[k] = row at position k, uniform over all permutations
 * (Fisher-Yates) and a function of the seed, so that a restarted side sends the same bytes. AES-256-CTR from
 * counter zero, rejection-sampled: a seed serves one order.
 * @param seed 32 bytes.
 */
export function secretOrder(seed: Secret, count: number): Uint32Array {
  const cipher = createCipheriv('aes-256-ctr', seed.reveal(), zeroIv);
  let words: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;
  const below = (bound: number) => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      if (at === words.byteLength) {
        const bytes = cipher.update(zeros);
        words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        at = 0;
      }
      const word = words.getUint32(at, true);
      at += 4;
      if (word < limit) return word % bound;
    }
  };
  const order = new Uint32Array(count);
  for (let k = 0; k < count; k++) order[k] = k;
  for (let k = count - 1; k > 0; k--) {
    const other = below(k + 1);
    const held = order[k] as number;
    order[k] = order[other] as number;
    order[other] = held;
  }
  return order;
}
