import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';

/** A file that arrives in pieces, and its SHA-256 so far. */
export class Arrival {
  readonly #hash = createHash('sha256');
  readonly #file: WriteStream;
  /** Bytes in the file. */
  received: number;

  private constructor(path: string, received: number) {
    this.received = received;
    this.#file = createWriteStream(path, { mode: 0o600, flags: received > 0 ? 'a' : 'w' });
  }

  /** From the start, whatever stands there. */
  static async fresh(path: string): Promise<Arrival> {
    return new Arrival(path, 0);
  }

  /** From where the file ends; a file longer than `bytes` is begun again. */
  static async resumed(path: string, bytes: number): Promise<Arrival> {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > bytes) await rm(path);
    const arrival = new Arrival(path, size > bytes ? 0 : size);
    if (arrival.received > 0) {
      for await (const block of createReadStream(path, { end: arrival.received - 1 }))
        arrival.#hash.update(block);
    }
    return arrival;
  }

  /** False when the next piece should wait for `onRoom`. */
  take(chunk: Uint8Array): boolean {
    this.received += chunk.length;
    this.#hash.update(chunk);
    return this.#file.write(chunk);
  }

  onRoom(listener: () => void): void {
    this.#file.on('drain', listener);
  }

  onError(listener: (error: Error) => void): void {
    this.#file.on('error', listener);
  }

  /** Everything is in the file; gives the digest in hex. */
  finish(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#file.once('error', reject);
      this.#file.once('close', () => resolve(this.#hash.copy().digest('hex')));
      this.#file.end();
    });
  }

  /** Keeps what was written; resolves when nothing more will be. */
  abandon(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#file.closed) return resolve();
      this.#file.once('close', () => resolve());
      this.#file.destroy();
    });
  }
}

/** SHA-256 of a file in hex; undefined when there is none. */
export async function digestOfFile(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const hash = createHash('sha256');
  for await (const block of createReadStream(path)) hash.update(block);
  return hash.digest('hex');
}
