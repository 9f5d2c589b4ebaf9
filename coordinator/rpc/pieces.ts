import { limits } from '../../contract/index.js';
import { Frame } from './frames.js';

/**
 * Bytes of a message: for each download a few are in memory, on their way through HTTP/2 and TLS. TLS keeps a buffer of the
 * size of the last write for as long as a connection lives, so what thousands are sent comes in small messages.
 */
const messageBytes = 16 * 1024;
/** Read at once, for all who are about there. */
const pieceBytes = limits.chunkBytes;
/** Eight megabytes: a whole sum of a million values. */
const mostPieces = 32;

/** Bytes behind an offset, in parts of any size. */
export type Read = (offset: number) => AsyncIterable<Uint8Array>;

/**
 * Sums on their way to everybody. All download the same bytes at about the same time: these are read once, as long as
 * those who are behind are not far behind.
 */
export class Pieces {
  /** Messages of 16 KiB, but for the last. The one asked for longest ago comes first. */
  readonly #kept = new Map<string, Promise<readonly Frame[]>>();

  /** All of `bytes` behind an offset, in order. @param digest of the whole, which names it. */
  async *frames(digest: string, bytes: number, offset: number, read: Read): AsyncGenerator<Frame> {
    for (let at = offset; at < bytes; ) {
      const start = at - (at % pieceBytes);
      const end = Math.min(start + pieceBytes, bytes);
      const frames = await this.#piece(`${digest}/${start}`, async () =>
        framesOf(await readTo(end - start, read(start))),
      );
      for (; at < end; at += messageBytes - (at % messageBytes)) {
        const frame = frames[Math.floor((at - start) / messageBytes)];
        if (frame) yield frame.behind(at % messageBytes);
      }
      at = end;
    }
  }

  #piece(key: string, read: () => Promise<readonly Frame[]>): Promise<readonly Frame[]> {
    const piece = this.#kept.get(key) ?? read();
    this.#kept.delete(key);
    this.#kept.set(key, piece);
    piece.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostPieces) break;
      this.#kept.delete(oldest);
    }
    return piece;
  }
}

function framesOf(piece: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < piece.length; at += messageBytes) {
    frames.push(Frame.ofChunk(piece.subarray(at, at + messageBytes)));
  }
  return frames;
}

async function readTo(bytes: number, parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const taken: Uint8Array[] = [];
  let left = bytes;
  for await (const part of parts) {
    taken.push(part.subarray(0, left));
    left -= Math.min(part.length, left);
    if (left === 0) break;
  }
  return Buffer.concat(taken);
}
