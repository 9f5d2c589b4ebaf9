import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Client } from 'minio';
import { CodedError } from '../../contract/index.js';
import { ownFolder } from './s3-owner.js';
import {
  asked,
  clientOf,
  codeOf,
  isAnswer,
  presentOrNot,
  type S3Access,
  unreachable,
} from './s3-requests.js';
import type { SharedBlobs } from './shared-blobs.js';

/**
 * Larger files go as several objects of this size, one in memory at a time. S3's own uploads in parts are not used: minio
 * 8.0.7 goes on with what somebody else began under the same name, and counts its parts from 2.
 */
const pieceBytes = 8 * 1024 * 1024;
const bytesHeader = 'x-amz-meta-bytes';

/**
 * Ciphertexts in an S3-compatible store. The bucket must exist.
 * @param owner whose folder it is to be, as `ownFolder`; without it nobody is asked.
 * @throws {CodedError} CONFIG_INVALID for a bucket or key that the store refuses, COORDINATOR_UNREACHABLE, HOME_INVALID where
 *   the folder is another coordinator's.
 */
export async function openS3Blobs(access: S3Access, owner?: string): Promise<SharedBlobs> {
  const { bucket, folder } = placeOf(access.url);
  const { client, close } = clientOf(access, pieceBytes);
  const own = async () => {
    if (owner !== undefined) await ownFolder(client, { bucket, folder }, owner);
  };
  const blobs = new S3Blobs(client, bucket, folder, own, close);
  try {
    await blobs.check();
    return blobs;
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * The object under a key's name is the first piece and says how large the whole is; it comes last, so that what it
 * promises is there. Further pieces have the name with a dot and their number.
 */
class S3Blobs implements SharedBlobs {
  constructor(
    private readonly client: Client,
    private readonly bucket: string,
    private readonly folder: string,
    private readonly own: () => Promise<void>,
    private readonly end: () => void,
  ) {}

  /** A store that says no now says no to everything: better at the start than at the first upload. */
  async check(): Promise<void> {
    let found: boolean;
    try {
      found = await asked(() => this.client.bucketExists(this.bucket));
      if (found) await this.own();
    } catch (error) {
      if (isAnswer(error)) throw new CodedError('CONFIG_INVALID', `blobs: the store says ${codeOf(error)}`);
      throw unreachable(error);
    }
    if (!found) throw new CodedError('CONFIG_INVALID', `blobs: there is no bucket ${this.bucket}`);
  }

  put(key: string, file: string): Promise<void> {
    return this.#ask(async () => {
      const { size } = await stat(file);
      for (let piece = Math.max(Math.ceil(size / pieceBytes) - 1, 0); piece >= 0; piece--) {
        const start = piece * pieceBytes;
        const length = Math.min(size - start, pieceBytes);
        const name = pieceOf(this.#name(key), piece);
        await asked(() => this.#putPiece(name, file, { start, length, size }));
      }
    });
  }

  async #putPiece(name: string, file: string, { start, length, size }: Piece): Promise<void> {
    const content = createReadStream(file, { start, end: start + length - 1, highWaterMark: length });
    try {
      await this.client.putObject(this.bucket, name, content, length, { [bytesHeader]: String(size) });
    } finally {
      content.destroy();
    }
  }

  size(key: string): Promise<number | undefined> {
    return this.#ask(() => this.#sizeOf(key));
  }

  async #sizeOf(key: string): Promise<number | undefined> {
    const found = await presentOrNot(asked(() => this.client.statObject(this.bucket, this.#name(key))));
    return found && Number(found.metaData[bytesHeader.slice('x-amz-meta-'.length)]);
  }

  get(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#ask(async () => {
      const size = await this.#sizeOf(key);
      return size === undefined ? undefined : this.#pieces(this.#name(key), size);
    });
  }

  async *#pieces(name: string, size: number): AsyncGenerator<Uint8Array> {
    try {
      for (let piece = 0; piece * pieceBytes < size; piece++) {
        const content = await presentOrNot(
          asked(() => this.client.getObject(this.bucket, pieceOf(name, piece))),
        );
        // Removed meanwhile.
        if (content === undefined) return;
        yield* content;
      }
    } catch (error) {
      throw unreachable(error);
    }
  }

  keys(prefix: string): Promise<string[]> {
    return this.#ask(async () => {
      const names: string[] = [];
      for await (const { name } of this.#listed(`${this.#name(prefix)}/`, true)) {
        if (name !== undefined && !/\.\d+$/.test(name)) names.push(name.slice(this.folder.length));
      }
      return names;
    });
  }

  remove(prefix: string, but?: string): Promise<void> {
    return this.#ask(async () => {
      const below = `${this.#name(prefix)}/`;
      const kept = but === undefined ? undefined : this.#name(but);
      const isKept = (name: string) => name === kept || name.startsWith(`${kept}.`);
      let batch: string[] = [];
      const removeBatch = async () => {
        const failed = await asked(() => this.client.removeObjects(this.bucket, batch));
        if (failed.length > 0) throw new Error('the store kept objects that it was to remove');
        batch = [];
      };
      for await (const { name } of this.#listed(below, true)) {
        if (name !== undefined && !isKept(name)) batch.push(name);
        if (batch.length === 1000) await removeBatch();
      }
      if (batch.length > 0) await removeBatch();
    });
  }

  /** Asked for what is to be deleted, so only of a folder that is still this coordinator's. */
  roots(): Promise<string[]> {
    return this.#ask(async () => {
      await this.own();
      const names: string[] = [];
      for await (const { prefix } of this.#listed(this.folder, false)) {
        if (prefix !== undefined) names.push(prefix.slice(this.folder.length, -1));
      }
      return names;
    });
  }

  async close(): Promise<void> {
    this.end();
  }

  #name(key: string): string {
    return `${this.folder}${key}`;
  }

  #listed(prefix: string, recursive: boolean): AsyncIterable<{ name?: string; prefix?: string }> {
    return this.client.listObjectsV2(this.bucket, prefix, recursive);
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw unreachable(error);
    }
  }
}

/** @throws {CodedError} CONFIG_INVALID */
function placeOf(url: string): { bucket: string; folder: string } {
  const [, bucket, folder = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[A-Za-z0-9._-]+)*)\/?$/.exec(url) ?? [];
  if (bucket === undefined) {
    throw new CodedError('CONFIG_INVALID', 'blobs: must be s3://BUCKET or s3://BUCKET/FOLDER');
  }
  return { bucket, folder: folder === '' ? '' : `${folder.slice(1)}/` };
}

interface Piece {
  readonly start: number;
  readonly length: number;
  /** Of the whole. */
  readonly size: number;
}

function pieceOf(name: string, piece: number): string {
  return piece === 0 ? name : `${name}.${piece}`;
}
