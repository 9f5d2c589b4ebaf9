import { Piscina } from 'piscina';
import { settledValue, type ThreadOutcome, workerBeside } from '../../contract/index.js';
import { parameterSet } from '../../crypto/he/public.js';
import { sumBytes, uploadBytes } from '../../crypto/secure-sum/adder.js';
import type { Added, Adder, AddingTask, FormTask } from './adder.js';
import { prescribedSet } from './prescribed-set.js';

/** A sum of the largest allowed size takes minutes; whatever takes longer than this is stuck. */
const longestAddingMs = 15 * 60_000;
const idleTimeoutMs = 30_000;
/** Pieces of uploads are garbage at once: with the usual 16 a thread holds 35 MiB of them before it looks. */
const youngMegabytes = 2;

/** Adds in worker threads, one sum per thread, so that sessions never stall. Threads end when idle. */
export function pooledAdder(maxThreads = 2): Adder {
  const pool = new Piscina<AddingTask | FormTask, ThreadOutcome<Added | undefined>>({
    filename: workerBeside(import.meta.url, 'worker.js'),
    minThreads: 0,
    maxThreads,
    idleTimeout: idleTimeoutMs,
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  });
  // A task that is aborted can make the pool report its thread's last word as an error; the task's own promise tells.
  pool.on('error', () => {});
  return {
    uploadBytes,
    sumBytes,
    describe: (name) => parameterSet(name).description,
    prescribedSet,
    checkForm: async (task) => {
      settledValue(await pool.run(task, { name: 'checkForm', signal: AbortSignal.timeout(longestAddingMs) }));
    },
    add: async (task) => {
      const outcome = await pool.run(task, { signal: AbortSignal.timeout(longestAddingMs) });
      return settledValue(outcome as ThreadOutcome<Added>);
    },
    close: () => pool.destroy(),
  };
}
