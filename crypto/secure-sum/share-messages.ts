import { CodedError, limits } from '../../contract/index.js';
import { MASK_SHARE_BYTES, SELF_SHARE_BYTES } from './reveal-size.js';
import type { SumShare } from './sum-keys.js';

const PAIR_BYTES = MASK_SHARE_BYTES + SELF_SHARE_BYTES;

/**
 * Body of a sealed 'sum-shares' message: one receiver's shares of one sender's secrets, for a batch of consecutive sums:
 * per sum the mask share (33 bytes) and the self share (49 bytes); 64 sums take 5.2 kB.
 */
export function encodeShares(shares: readonly SumShare[]): Uint8Array {
  const bytes = new Uint8Array(PAIR_BYTES * shares.length);
  shares.forEach(({ mask, self }, k) => {
    bytes.set(mask, k * PAIR_BYTES);
    bytes.set(self, k * PAIR_BYTES + MASK_SHARE_BYTES);
  });
  return bytes;
}

/** @throws {CodedError} MESSAGE_MALFORMED when `bytes` are not the shares of `count` sums. */
export function decodeShares(bytes: Uint8Array, count: number): SumShare[] {
  if (count < 1 || count > limits.sumKeysPerBatch || bytes.length !== PAIR_BYTES * count) {
    throw new CodedError('MESSAGE_MALFORMED', `${bytes.length} bytes are not the shares of ${count} sums`);
  }
  return Array.from({ length: count }, (_, k) => {
    const at = k * PAIR_BYTES;
    return {
      mask: bytes.slice(at, at + MASK_SHARE_BYTES),
      self: bytes.slice(at + MASK_SHARE_BYTES, at + PAIR_BYTES),
    };
  });
}
