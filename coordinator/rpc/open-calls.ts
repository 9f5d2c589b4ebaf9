import { CodedError } from '../../contract/index.js';

/**
 * Calls of one kind that one caller may have open at once. They are what bounds the memory a caller can take: a call
 * holds one message, of at most a megabyte, or one piece of a stream. A participant posts in its jobs one by one, of which
 * it keeps at most 64 open, and sends parcels to at most seven peers.
 */
const mostOpen: Readonly<Record<string, number>> = {
  Session: 4,
  Post: 64,
  PostAll: 64,
  Upload: 16,
  Download: 16,
  AskScore: 80,
  WatchJob: 64,
};
/** Of every other kind. */
const mostOthers = 32;

/** Calls under way, per caller and kind. */
export class OpenCalls {
  readonly #open = new Map<string, number>();

  /** Runs a call. @throws {CodedError} RATE_LIMITED when too many of its kind are open. */
  async during<T>(rpc: string, caller: string, run: () => Promise<T>): Promise<T> {
    const key = `${rpc}/${caller}`;
    const open = this.#open.get(key) ?? 0;
    const most = mostOpen[rpc] ?? mostOthers;
    if (open >= most) throw new CodedError('RATE_LIMITED', `${caller} has ${most} ${rpc} calls open`);
    this.#open.set(key, open + 1);
    try {
      return await run();
    } finally {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    }
  }
}
