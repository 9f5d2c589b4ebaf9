import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { settledValue, type ThreadOutcome, workerBeside } from '../../contract/core.js';
import { type DesignColumns, rowsOf } from './columns.js';
import { type Design, type DesignOptions, designCourse, designOf } from './design.js';
import type { ChunkResult, ChunkTask } from './design-chunk.js';

/** Products, rows * features^2, below which a thread costs more to start than it saves: half a second of work. */
const leastProducts = 2e9;

/** Chunks under way per thread: one worked on, one waiting. Each is a copy of its rows. */
const ahead = 2;

/**
 * `designOf` on worker threads (default: all cores), the same bits whatever their number. They live as long as the work:
 * a design is made once a job. A small one is made where the caller is.
 *
 * @throws what designOf throws, and the reason of `signal` when it aborts.
 */
export async function threadedDesignOf(
  columns: DesignColumns,
  options: DesignOptions & { readonly threads?: number; readonly signal?: AbortSignal },
): Promise<Design> {
  const { threads = availableParallelism(), signal } = options;
  if (rowsOf(columns) * columns.names.length ** 2 < leastProducts) return designOf(columns, options);
  const pool = new Piscina<ChunkTask, ThreadOutcome<ChunkResult>>({
    filename: workerBeside(import.meta.url, 'worker.js'),
    minThreads: threads,
    maxThreads: threads,
    env: {},
  });
  // A task that is aborted can make the pool report its thread's last word as an error; the task's own promise tells.
  pool.on('error', () => {});
  try {
    const course = designCourse(columns, options);
    for (;;) {
      const next = course.next();
      if (next.done) return next.value;
      const { tasks, take } = next.value;
      const underWay: Promise<ThreadOutcome<ChunkResult>>[] = [];
      const takeNext = async () => take(settledValue((await underWay.shift())!));
      for (const task of tasks) {
        signal?.throwIfAborted();
        const result = pool.run(task, signal ? { signal } : {});
        // Awaited later, perhaps after an earlier one failed: then nobody else handles its failure.
        result.catch(() => {});
        underWay.push(result);
        if (underWay.length >= ahead * threads) await takeNext();
      }
      while (underWay.length > 0) await takeNext();
    }
  } finally {
    await pool.destroy();
  }
}
