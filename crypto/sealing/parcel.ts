import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError, type HexDigest, limits, type Secret, toCodedError } from '../../contract/index.js';
import { openingContext, sealingContext } from './hpke.js';
import { encodeAad, type SealAad } from './sealed.js';

/** Plaintext bytes of a chunk; only the last one may be shorter, and of an empty parcel it is empty. */
export const parcelChunkBytes = 256 * 1024;
const encBytes = 32;
const tagBytes = 16;
const info = Buffer.from('fedrisk/v1/parcel');

/** Where a parcel belongs; the chunks add their position. */
export type ParcelPlace = Omit<SealAad, 'seq' | 'last' | 'purpose'>;

export interface SealedParcel {
  /** SHA-256 of the sealed file. */
  readonly digest: HexDigest;
  readonly bytes: number;
}

/** Size of a sealed parcel: encapsulated key, and a tag for each chunk. */
export function sealedParcelBytes(plainBytes: number): number {
  const chunks = Math.max(1, Math.ceil(plainBytes / parcelChunkBytes));
  return encBytes + plainBytes + chunks * tagBytes;
}

/**
 * Sender's side: seals bytes as they come, as many as there are, for one receiver, one chunk in memory at a time. HPKE base mode (RFC 9180
 * §5.2): one context seals the chunks in sequence, each with its place, number and whether it is the last as aad, so
 * that none can be swapped, left out, added, or moved to another step, receiver or job.
 *
 * Nothing in the file says who wrote it, and nothing has to: its digest stands in the parcel post, which the sender's
 * identity key signs and the receiver's transcript checks against the pin. A file that was not announced in such a
 * post is never opened.
 *
 * The sealed file is synced, and its name with it, before this resolves: what is announced can always be sent again.
 * @throws {CodedError} MESSAGE_MALFORMED when the receiver's key is no usable X25519 key, MESSAGE_TOO_LARGE beyond
 *   `most`; whatever `plain` throws. No file stands there then.
 */
export async function sealParcel(parcel: {
  /** The receiver's X25519 key of this job, hex. */
  readonly receiverKey: string;
  readonly place: ParcelPlace;
  /** Pieces of any size. */
  readonly plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly to: string;
  /** Bytes of the file at most (default: limits.parcelBytes). */
  readonly most?: number;
}): Promise<SealedParcel> {
  const { place, plain, to, most = limits.parcelBytes } = parcel;
  const receiverKey = Buffer.from(parcel.receiverKey, 'hex');
  const context = await sealingContext(receiverKey, info).catch((cause) => {
    const parties = [place.receiver];
    throw new CodedError('MESSAGE_MALFORMED', `the job key of ${place.receiver} is no usable X25519 key`, {
      cause,
      parties,
    });
  });
  const hash = createHash('sha256');
  let bytes = 0;
  await written(to, async (write) => {
    const put = (block: Uint8Array) => {
      bytes += block.length;
      if (bytes > most) {
        const what = `a parcel to ${place.receiver} would have more than ${most} bytes`;
        throw new CodedError('MESSAGE_TOO_LARGE', what);
      }
      hash.update(block);
      return write(block);
    };
    await put(context.enc);
    for await (const { chunk, seq, last } of regrouped(plain)) {
      await put(await context.seal(chunk, chunkAad(place, seq, last)));
    }
  });
  return { digest: hash.digest('hex') as HexDigest, bytes };
}

/**
 * Receiver's side: opens a parcel whose digest a signed post announced. The plaintext gets its name only when the last
 * chunk was found where the file ends, so a file under that name is whole.
 * @throws {CodedError} PARCEL_MALFORMED naming the sender: cut, longer, reordered, for somebody else or another place.
 */
export async function openParcel(parcel: {
  readonly privateKey: Secret;
  readonly place: ParcelPlace;
  readonly from: string;
  readonly to: string;
}): Promise<void> {
  const { privateKey, place, from, to } = parcel;
  const { size } = await stat(from);
  if (size < sealedParcelBytes(0)) throw malformed(place);
  const enc = new Uint8Array(encBytes);
  const file = await open(from);
  await file.read(enc, 0, encBytes, 0).finally(() => file.close());
  const context = await openingContext(privateKey, enc, info).catch((cause) => {
    throw malformed(place, cause);
  });
  await written(to, async (write) => {
    for await (const { chunk, seq, last } of chunksOf(from, encBytes, size, parcelChunkBytes + tagBytes)) {
      const opened = await context.open(chunk, chunkAad(place, seq, last)).catch((cause) => {
        throw malformed(place, cause);
      });
      await write(opened);
    }
  });
}

function chunkAad(place: ParcelPlace, seq: number, last: boolean): Uint8Array {
  return encodeAad({ ...place, purpose: 'parcel', seq, last });
}

function malformed(place: ParcelPlace, cause?: unknown): CodedError<'PARCEL_MALFORMED'> {
  const what = `the parcel of ${place.sender} for ${place.receiver} (${place.session})`;
  return new CodedError('PARCEL_MALFORMED', `${what} is not what it should be`, {
    ...(cause === undefined ? {} : { cause: toCodedError(cause) }),
    parties: [place.sender],
  });
}

/** Chunks of what comes in pieces, each until the next; a full one waits for whether more comes. */
async function* regrouped(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const chunk = new Uint8Array(parcelChunkBytes);
  let filled = 0;
  let seq = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (filled === chunk.length) {
        yield { chunk, seq: seq++, last: false };
        filled = 0;
      }
      const count = Math.min(piece.length - at, chunk.length - filled);
      chunk.set(piece.subarray(at, at + count), filled);
      filled += count;
      at += count;
    }
  }
  yield { chunk: chunk.subarray(0, filled), seq, last: true };
}

/** Chunks of a file between two offsets; one, empty, where there is nothing between them. */
async function* chunksOf(path: string, start: number, end: number, chunkBytes: number) {
  const file = await open(path);
  try {
    const count = Math.max(1, Math.ceil((end - start) / chunkBytes));
    for (let seq = 0, at = start; seq < count; seq++, at += chunkBytes) {
      const chunk = new Uint8Array(Math.min(chunkBytes, end - at));
      await fill(file, chunk, at);
      yield { chunk, seq, last: seq === count - 1 };
    }
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let read = 0; read < chunk.length; ) {
    const { bytesRead } = await file.read(chunk, read, chunk.length - read, position + read);
    if (bytesRead === 0) throw new CodedError('INTERNAL', 'a parcel shrank while it was read');
    read += bytesRead;
  }
}

/** Writes a file that only its owner can read; it has its name once it is whole and durable. */
async function written(
  path: string,
  fill: (write: (block: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const part = `${path}.tmp`;
  const file = await open(part, 'w', 0o600);
  try {
    try {
      await fill((block) => file.writeFile(block));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (thrown) {
    await rm(part, { force: true });
    throw thrown;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}
