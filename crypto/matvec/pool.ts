import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { settledValue, type ThreadOutcome, workerBeside } from '../../contract/core.js';
import { movedWith, type Task } from './tasks.js';

/** Blocks or outputs per task at most: tens of milliseconds of work, a few megabytes. */
const LARGEST_BATCH = 16;

/** Encryption, re-randomisation and opening on all cores. Threads start when needed and end when idle. */
export class CipherPool {
  readonly threads: number;
  readonly #pool: Piscina<Task, ThreadOutcome<unknown>>;

  constructor(threads = availableParallelism()) {
    this.threads = threads;
    this.#pool = new Piscina({
      filename: workerBeside(import.meta.url, 'worker.js'),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 300_000,
      // Secrets travel to the workers as bytes; they must not inherit this process's environment besides.
      env: {},
    });
    // A task that is aborted can make the pool report its thread's last word as an error; the task's own promise tells.
    this.#pool.on('error', () => {});
  }

  /** Arrays of the task, but keys, are gone afterwards. */
  async run<T extends Uint8Array | Uint32Array>(task: Task): Promise<T> {
    return settledValue(await this.#pool.run(task, { transferList: movedWith(task) })) as T;
  }

  /** Items per task when `count` are to be done: enough tasks for all threads, none too long. */
  batchOf(count: number): number {
    return Math.max(1, Math.min(LARGEST_BATCH, Math.ceil(count / (2 * this.threads))));
  }

  /**
   * Results of `start` for each item, in order, while those of later items are under way; at most 2 per thread are started
   * and not yet taken.
   */
  async *inOrder<I, R>(
    items: Iterable<I> | AsyncIterable<I>,
    start: (item: I) => Promise<R>,
  ): AsyncGenerator<R> {
    const underWay: Promise<R>[] = [];
    try {
      for await (const item of items) {
        const result = start(item);
        // Awaited below, perhaps after an earlier one failed: then nobody else handles its failure.
        result.catch(() => {});
        underWay.push(result);
        if (underWay.length > 2 * this.threads) yield await (underWay.shift() as Promise<R>);
      }
      while (underWay.length > 0) yield await (underWay.shift() as Promise<R>);
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
