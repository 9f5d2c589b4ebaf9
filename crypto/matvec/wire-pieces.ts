import { malformed } from './malformed.js';

/** Bytes that arrive in pieces of any size. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Cuts exactly `total` attacker-controlled bytes into pieces of `unit` bytes, the last one shorter; holds one piece.
 * @throws {CodedError} CIPHERTEXT_MALFORMED when there are fewer or more bytes.
 */
export async function* cut(source: ByteSource, total: number, unit: number): AsyncGenerator<Uint8Array> {
  let left = total;
  let piece = new Uint8Array(Math.min(unit, left));
  let filled = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; ) {
      if (left === 0) throw malformed('a ciphertext is too long');
      const count = Math.min(bytes.length - at, piece.length - filled);
      piece.set(bytes.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled < piece.length) continue;
      left -= filled;
      yield piece;
      piece = new Uint8Array(Math.min(unit, left));
      filled = 0;
    }
  }
  if (left > 0) throw malformed('a ciphertext is too short');
}
