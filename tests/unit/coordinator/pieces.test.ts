import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pieces, type Read } from '../../../coordinator/rpc/pieces.js';
import { readFewAhead } from '../../../coordinator/rpc/read-few-ahead.js';
import { wire } from '../../../proto/index.js';

const stored = randomBytes(1_000_000);

/** A file that counts the bytes which were read of it. */
function file(partBytes = 65_536) {
  const reads = { bytes: 0 };
  const read: Read = async function* (offset) {
    for (let at = offset; at < stored.length; at += partBytes) {
      const part = stored.subarray(at, at + partBytes);
      reads.bytes += part.length;
      yield part;
    }
  };
  return { reads, read };
}

const { responseDeserialize } = wire.ParticipantService.service.Download;

/** As whoever downloads reads them. */
async function* chunks(pieces: Pieces, ...of: Parameters<Pieces['frames']>): AsyncGenerator<Buffer> {
  for await (const { message } of pieces.frames(...of)) yield responseDeserialize(message).chunk;
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

describe('a sum that many download', () => {
  it('reaches each from its offset on, in messages of 16 KiB at most, however it is read', async () => {
    const course = fc.record({
      offset: fc.integer({ min: 0, max: stored.length }),
      bytes: fc.integer({ min: 1, max: stored.length }),
      partBytes: fc.integer({ min: 30_000, max: 400_000 }),
    });
    await fc.assert(
      fc.asyncProperty(course, async ({ offset, bytes, partBytes }) => {
        const pieces = new Pieces();
        const got: Buffer[] = [];
        for await (const chunk of chunks(pieces, 'd', bytes, offset, file(partBytes).read)) got.push(chunk);
        expect(Buffer.concat(got).equals(stored.subarray(offset, Math.max(bytes, offset)))).toBe(true);
        expect(got.every(({ length }) => length > 0 && length <= 16_384)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is read once', async () => {
    const pieces = new Pieces();
    const { reads, read } = file();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => whole(chunks(pieces, 'd', stored.length, 0, read))),
    );
    expect(all.every((each) => each.equals(stored))).toBe(true);
    expect(reads.bytes).toBe(stored.length);
    // Another sum has another digest.
    await whole(chunks(pieces, 'e', stored.length, 0, read));
    expect(reads.bytes).toBe(2 * stored.length);
  });

  it('is read again after it could not be', async () => {
    const pieces = new Pieces();
    const gone = async () => whole(chunks(pieces, 'd', stored.length, 0, () => failing()));
    await expect(gone()).rejects.toThrow('gone');
    expect((await whole(chunks(pieces, 'd', stored.length, 0, file().read))).equals(stored)).toBe(true);
  });
});

// biome-ignore lint/correctness/useYield: it fails before it has anything to give.
async function* failing(): AsyncGenerator<Uint8Array> {
  throw new Error('gone');
}

describe('an upload', () => {
  it('is read a few messages ahead, not sixteen', async () => {
    let made = 0;
    const call = new Readable({
      objectMode: true,
      read() {
        made += 1;
        setImmediate(() => this.push(made));
      },
    });
    readFewAhead(call);
    const messages = call[Symbol.asyncIterator]();
    await messages.next();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThanOrEqual(4);
    call.destroy();
  });
});
