import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CodedError, type HexDigest, limits } from '../../contract/index.js';
import { sizeOf, writeAll } from './cache.js';
import { makeFolder } from './folders.js';
import { pathOf, placeKey, type UploadPlace, uploadKey } from './places.js';
import type { SharedBlobs } from './shared-blobs.js';

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
 * synced, put into the shared store if there is one, and renamed, so a name without `.part` means: complete, stored for
 * good, checked. What a crash leaves of a part is either a prefix to go on from or, after a power cut, bytes that the
 * digest refuses. Parts are not shared: another replica begins an unfinished upload from the start.
 */
export class Uploads {
  readonly #root: string;
  /** The writer at work in each folder. */
  readonly #writers = new Map<string, Writer>();

  constructor(
    root: string,
    private readonly shared?: SharedBlobs,
  ) {
    this.#root = root;
  }

  async status(place: UploadPlace, digest: HexDigest): Promise<UploadStatus> {
    const key = uploadKey(place, digest);
    const whole = (await sizeOf(pathOf(this.#root, key))) ?? (await this.shared?.size(key));
    if (whole !== undefined) return { receivedBytes: whole, complete: true };
    return { receivedBytes: (await sizeOf(this.#partFile(place, digest))) ?? 0, complete: false };
  }

  /**
   * Stores chunks until they end. A place has one upload: one of another digest replaces an unfinished
   * one; a finished one stands.
   * @throws {CodedError} MESSAGE_TOO_LARGE, MESSAGE_CONFLICT, UPLOAD_OFFSET, UPLOAD_DIGEST, ROUND_CLOSED when uploads of the
   *   sum were removed meanwhile; COORDINATOR_UNREACHABLE when the shared store does not answer; the bytes are kept here then, and the next call puts them there. ENOSPC, which the door
   *   answers as STORAGE_FULL, on a full disk, EROFS on a read-only one; what was written stays, and the next call goes on behind it.
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
    const folder = pathOf(this.#root, placeKey(place));
    const writer = await this.#takeOver(folder);
    try {
      const before = await this.status(place, header.digest);
      if (before.complete) return before;
      await this.#makeRoom(place, header.digest);
      if (header.offset !== before.receivedBytes) {
        throw new CodedError(
          'UPLOAD_OFFSET',
          `${before.receivedBytes} bytes are stored, the upload went on at ${header.offset}`,
        );
      }
      return await this.#append(place, header, writer.until(chunks));
    } catch (error) {
      // Uploads go once their sum is added up, those that still come in too.
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT' && place.to === undefined;
      if (!gone) throw error;
      throw new CodedError('ROUND_CLOSED', 'the round went on without this upload', { cause: error });
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

  async #makeRoom(place: UploadPlace, digest: HexDigest): Promise<void> {
    const folder = pathOf(this.#root, placeKey(place));
    await makeFolder(this.#root, folder);
    const whole = [];
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.part')) whole.push(name);
      else if (name !== `${digest}.part`) await rm(join(folder, name), { force: true });
    }
    // Whole ones of another replica too. Two that come at once are told apart by the transcript, which names one.
    const elsewhere = (await this.shared?.keys(placeKey(place))) ?? [];
    if ([...whole, ...elsewhere.map((key) => basename(key))].some((name) => name !== digest)) {
      throw new CodedError('MESSAGE_CONFLICT', 'the sender already uploaded other bytes in this place');
    }
  }

  async #append(
    place: UploadPlace,
    header: UploadHeader,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<UploadStatus> {
    const part = this.#partFile(place, header.digest);
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
    const part = this.#partFile(place, header.digest);
    if (hash.digest('hex') !== header.digest) {
      await rm(part, { force: true });
      throw new CodedError('UPLOAD_DIGEST', 'the bytes do not fit the digest; the upload starts anew');
    }
    const key = uploadKey(place, header.digest);
    // A file that is gone is not the shared store's fault, which says so of whatever fails.
    await stat(part);
    await this.shared?.put(key, part);
    await rename(part, pathOf(this.#root, key));
    await syncFolder(pathOf(this.#root, placeKey(place)));
    return { receivedBytes: header.bytes, complete: true };
  }

  #partFile(place: UploadPlace, digest: HexDigest): string {
    return `${pathOf(this.#root, uploadKey(place, digest))}.part`;
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

async function hashOfFirst(file: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash;
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
