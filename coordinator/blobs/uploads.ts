import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type HexDigest, limits } from '../../contract/index.js';
import { partFile, placeFolder, type UploadPlace, uploadFile } from './places.js';

/** What a sender announces before its chunks. */
export interface UploadHeader {
  readonly digest: HexDigest;
  /** Size of the whole upload. */
  readonly bytes: number;
  /** Where the first chunk goes; must be where the stored part ends. */
  readonly offset: number;
}

export interface UploadStatus {
  readonly receivedBytes: number;
  readonly complete: boolean;
}

/**
 * Resumable uploads as files. A part file grows as chunks arrive; when it is whole and its digest fits it is
 * synced and renamed, so a name without `.part` means: complete, on disk, checked. What a crash leaves of a part
 * is either a prefix to go on from or, after a power cut, bytes that the digest refuses.
 */
export class Uploads {
  readonly #root: string;
  /** The writer at work in each folder. */
  readonly #writers = new Map<string, Writer>();

  constructor(root: string) {
    this.#root = root;
  }

  async status(place: UploadPlace, digest: HexDigest): Promise<UploadStatus> {
    const whole = await sizeOf(uploadFile(this.#root, place, digest));
    if (whole !== undefined) return { receivedBytes: whole, complete: true };
    return { receivedBytes: (await sizeOf(partFile(this.#root, place, digest))) ?? 0, complete: false };
  }

  /**
   * Stores chunks until they end. A place has one upload: one of another digest replaces an unfinished
   * one; a finished one stands.
   * @throws {CodedError} MESSAGE_TOO_LARGE, MESSAGE_CONFLICT, UPLOAD_OFFSET, UPLOAD_DIGEST.
   */
  async receive(
    place: UploadPlace,
    header: UploadHeader,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<UploadStatus> {
    const most = place.to === undefined ? limits.uploadBytes : limits.parcelBytes;
    if (header.bytes > most) {
      throw new CodedError('MESSAGE_TOO_LARGE', `an upload holds at most ${most} bytes`);
    }
    const folder = placeFolder(this.#root, place);
    const writer = await this.#takeOver(folder);
    try {
      const before = await this.status(place, header.digest);
      if (before.complete) return before;
      await this.#makeRoom(folder, header.digest);
      if (header.offset !== before.receivedBytes) {
        throw new CodedError(
          'UPLOAD_OFFSET',
          `${before.receivedBytes} bytes are stored, the upload went on at ${header.offset}`,
        );
      }
      return await this.#append(place, header, writer.until(chunks));
    } finally {
      writer.finish();
      if (this.#writers.get(folder) === writer) this.#writers.delete(folder);
    }
  }

  /** The newest upload wins: an older one may hang on a connection that died silently. */
  async #takeOver(folder: string): Promise<Writer> {
    const older = this.#writers.get(folder);
    const writer = new Writer();
    this.#writers.set(folder, writer);
    older?.supersede();
    await older?.done;
    return writer;
  }

  async #makeRoom(folder: string, digest: HexDigest): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      if (name === digest || name === `${digest}.part`) continue;
      if (!name.endsWith('.part')) {
        throw new CodedError('MESSAGE_CONFLICT', 'the sender already uploaded other bytes in this place');
      }
      await rm(join(folder, name), { force: true });
    }
  }

  async #append(
    place: UploadPlace,
    header: UploadHeader,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<UploadStatus> {
    const part = partFile(this.#root, place, header.digest);
    const hash = await hashOfFirst(part, header.offset);
    const file = await open(part, 'a', 0o600);
    let receivedBytes = header.offset;
    try {
      for await (const chunk of chunks) {
        if (receivedBytes + chunk.length > header.bytes) {
          throw new CodedError('MESSAGE_TOO_LARGE', `more bytes than the ${header.bytes} announced`);
        }
        await writeAll(file, chunk);
        hash.update(chunk);
        receivedBytes += chunk.length;
      }
      if (receivedBytes < header.bytes) return { receivedBytes, complete: false };
      await file.sync();
    } finally {
      await file.close();
    }
    return await this.#complete(place, header, hash);
  }

  async #complete(place: UploadPlace, header: UploadHeader, hash: Hash): Promise<UploadStatus> {
    const part = partFile(this.#root, place, header.digest);
    if (hash.digest('hex') !== header.digest) {
      await rm(part, { force: true });
      throw new CodedError('UPLOAD_DIGEST', 'the bytes do not fit the digest; the upload starts anew');
    }
    await rename(part, uploadFile(this.#root, place, header.digest));
    await syncFolder(placeFolder(this.#root, place));
    return { receivedBytes: header.bytes, complete: true };
  }
}

/** One upload under way; it ends when its chunks do, or when a newer one takes over. */
class Writer {
  readonly done: Promise<void>;
  finish: () => void = () => {};
  supersede: () => void = () => {};
  readonly #superseded: Promise<'superseded'>;

  constructor() {
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.#superseded = new Promise((resolve) => {
      this.supersede = () => resolve('superseded');
    });
  }

  /** The chunks, even while none arrives but only until somebody takes over. */
  async *until(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const source = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([source.next(), this.#superseded]);
      if (next === 'superseded') {
        throw new CodedError('UPLOAD_OFFSET', 'a newer upload of the sender took over');
      }
      if (next.done) return;
      yield next.value;
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0;
  while (at < chunk.length) at += (await file.write(chunk, at)).bytesWritten;
}

async function hashOfFirst(file: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash;
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes a rename survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
