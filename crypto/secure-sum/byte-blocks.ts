import { CodedError } from '../../contract/index.js';

/** Bytes that arrive in pieces of any size: a file, a download, a generator. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Cuts a byte source into blocks of asked sizes; holds one piece and one block at a time. */
export class BlockReader {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #what: string;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** `what` names the source in errors. */
  constructor(source: ByteSource, what: string) {
    this.#pieces =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#what = what;
  }

  /**
   * The next `size` bytes, good until the next call.
   * @param room where a block of several pieces is put together; by default each has its own.
   * @throws {CodedError} SUM_MALFORMED when the source ends before.
   */
  async read(size: number, room?: Uint8Array): Promise<Uint8Array> {
    if (this.#piece.length - this.#at >= size) return this.#take(size);
    const block = room?.subarray(0, size) ?? new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      if (this.#at === this.#piece.length && !(await this.#next())) {
        throw new CodedError('SUM_MALFORMED', `${this.#what} is too short`);
      }
      const part = this.#take(Math.min(size - filled, this.#piece.length - this.#at));
      block.set(part, filled);
      filled += part.length;
    }
    return block;
  }

  /** @throws {CodedError} SUM_MALFORMED when bytes are left. */
  async expectEnd(): Promise<void> {
    while (this.#at === this.#piece.length) {
      if (!(await this.#next())) return;
    }
    throw new CodedError('SUM_MALFORMED', `${this.#what} is too long`);
  }

  /** Lets go of the source (closes its file). */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #take(size: number): Uint8Array {
    const part = this.#piece.subarray(this.#at, this.#at + size);
    this.#at += size;
    return part;
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#piece = value;
    this.#at = 0;
    return true;
  }
}
