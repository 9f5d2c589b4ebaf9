import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import {
  CodedError,
  type Secret,
  settledValue,
  type ThreadOutcome,
  workerBeside,
} from '../../contract/core.js';
import { POINT_BYTES } from './curve.js';
import type { RaisingTask } from './worker.js';

/** Points of one task: 0.13 s of work, so that threads are kept busy by one message in that time. */
export const batchPoints = 4096;
/** Batches under way per thread: one worked on, one waiting. */
const AHEAD = 2;
const idleTimeoutMs = 30_000;

/** Points by number: own digests in secret order, or a peer's file. */
export interface PointSource {
  readonly count: number;
  /** Points [start, start + count) as 32 bytes each, in a buffer of their own. @throws {CodedError} when there are fewer. */
  read(start: number, count: number): Promise<Uint8Array> | Uint8Array;
}

export interface Raising {
  readonly source: PointSource;
  readonly scalar: Secret;
  /** Bytes kept of each result, 1 to 32. */
  readonly width: number;
  /** True for foreign points: refuses small order and non-canonical values. */
  readonly check: boolean;
  /** First record to give: a resumed side begins where its file ends. */
  readonly start?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Worker threads that raise points, shared by all alignments of a process. */
export class PsiPool {
  readonly #pool: Piscina<RaisingTask, ThreadOutcome<Uint8Array>>;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly threads: number;

  private constructor(threads: number, filename: string) {
    this.threads = threads;
    this.#pool = new Piscina({
      filename,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleTimeoutMs,
      env: {},
    });
    // A task that is aborted can make the pool report its thread's last word as an error; the task's own promise tells.
    this.#pool.on('error', () => {});
  }

  static open({
    threads = availableParallelism(),
    workerFile = workerBeside(import.meta.url, 'worker.js'),
  } = {}): PsiPool {
    return new PsiPool(threads, workerFile);
  }

  /**
   * Raised records in the order of their points, a batch at a time; at most 2 batches per thread are in memory. The
   * same arguments give the same bytes.
   * @throws {CodedError} PSI_POINT_INVALID; what the source throws; the signal's reason; INTERNAL when a thread dies.
   */
  async *raise({ source, scalar, width, check, start = 0, signal }: Raising): AsyncGenerator<Uint8Array> {
    const ahead: Promise<Uint8Array>[] = [];
    let next = start;
    try {
      while (next < source.count || ahead.length > 0) {
        signal?.throwIfAborted();
        while (next < source.count && ahead.length < AHEAD * this.threads) {
          const count = Math.min(batchPoints, source.count - next);
          const points = await source.read(next, count);
          ahead.push(this.#run({ scalar: scalar.reveal(), points, width, check, first: next }));
          next += count;
        }
        yield await (ahead.shift() as Promise<Uint8Array>);
      }
    } finally {
      await Promise.allSettled(ahead);
    }
  }

  /** Lets batches under way end, at most 0.3 s of work, and ends what waits for more. */
  async close(): Promise<void> {
    this.#closing.abort(new CodedError('INTERNAL', 'the threads that raise points were closed'));
    await Promise.allSettled(this.#underWay);
    await this.#pool.destroy();
  }

  #run(task: RaisingTask): Promise<Uint8Array> {
    const result = this.#settled(task);
    this.#underWay.add(result);
    // Callers wait in order; a later batch that fails first must not count as unhandled.
    result.catch(() => {}).finally(() => this.#underWay.delete(result));
    return result;
  }

  async #settled(task: RaisingTask): Promise<Uint8Array> {
    this.#closing.signal.throwIfAborted();
    const outcome = await this.#pool.run(task).catch((cause: unknown) => {
      throw new CodedError('INTERNAL', 'a thread that raises points ended', { cause });
    });
    return settledValue(outcome);
  }
}

/** Own digests in secret order. */
export function gathered(digests: Uint8Array, order: Uint32Array): PointSource {
  return {
    count: order.length,
    read(start, count) {
      const points = new Uint8Array(count * POINT_BYTES);
      for (let k = 0; k < count; k++) {
        const at = (order[start + k] as number) * POINT_BYTES;
        points.set(digests.subarray(at, at + POINT_BYTES), k * POINT_BYTES);
      }
      return points;
    },
  };
}
