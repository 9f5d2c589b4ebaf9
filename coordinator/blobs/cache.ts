import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError, type HexDigest } from '../../contract/index.js';
import { makeFolder } from './folders.js';
import { pathOf } from './places.js';
import type { SharedBlobs } from './shared-blobs.js';

/** Files that are fetched at once; more wait, so that a sum of many contributors opens few connections. */
const mostFetches = 4;

/** The folder as a cache of the shared store: a file that is missing here is fetched once, however many ask. */
export class Cache {
  readonly #under = new Map<string, Promise<boolean>>();
  #free = mostFetches;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly root: string,
    private readonly shared: SharedBlobs | undefined,
  ) {}

  /**
   * Puts the file of a key in its place here unless it is there.
   * @returns false when it is stored nowhere.
   * @throws {CodedError} COORDINATOR_UNREACHABLE, CIPHERTEXT_LOST when the stored bytes have another digest.
   */
  async ensure(key: string, digest: HexDigest): Promise<boolean> {
    if ((await sizeOf(pathOf(this.root, key))) !== undefined) return true;
    const { shared } = this;
    if (shared === undefined) return false;
    const under = this.#under.get(key) ?? this.#inTurn(() => this.#fetch(shared, key, digest));
    this.#under.set(key, under);
    return under.finally(() => this.#under.delete(key));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  async #fetch(shared: SharedBlobs, key: string, digest: HexDigest): Promise<boolean> {
    const content = await shared.get(key);
    if (content === undefined) return false;
    const path = pathOf(this.root, key);
    await makeFolder(this.root, dirname(path));
    const part = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      if ((await written(part, content)) !== digest) {
        throw new CodedError('CIPHERTEXT_LOST', 'the shared store gave other bytes than were put there');
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    return true;
  }
}

/** Writes and syncs a file; gives the SHA-256 of its bytes. */
async function written(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of content) {
      hash.update(piece);
      await writeAll(file, piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await file.write(bytes, at)).bytesWritten;
}

export async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
