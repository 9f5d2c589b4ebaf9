import { CodedError } from '../../contract/index.js';
import type { Store } from '../../coordinator/store/index.js';
import { type Exchange, memoryReplicas } from './memory-replicas.js';
import type { VirtualTime } from './virtual-time.js';

/** The line between one replica and the store. */
export interface StoreLine {
  readonly time: VirtualTime;
  latencyMs(): number;
  isCutOff(): boolean;
  /** When what is suspended goes on. */
  resumesMs(): number;
  hears(): boolean;
  /** How often the store was replaced by a backup: what was asked of the one before is never answered. */
  past(): number;
}

/** How long a database is waited for that does not answer. */
const silenceMs = 1_000;

/**
 * A store that several processes share, as one of them reaches it: every question takes its way there and back, and
 * another replica may store something in between. What is cut off on the way back was stored all the same.
 */
export function reachedStore(store: Store, line: StoreLine, exchange: Exchange, self: string): Store {
  const { time } = line;
  const pass = async () => {
    await time.delay(line.latencyMs());
    while (line.resumesMs() > time.now) await time.delay(line.resumesMs() - time.now);
    if (!line.isCutOff()) return;
    await time.delay(silenceMs);
    throw new CodedError('COORDINATOR_UNREACHABLE', 'the store does not answer');
  };
  const reach = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const past = line.past();
    await pass();
    if (line.past() !== past) return new Promise(() => {});
    const result = await work();
    await pass();
    return result;
  };
  return {
    ...store,
    createJob: (job) =>
      reach(async () => {
        const created = await store.createJob(job);
        if (created === 'created') exchange.notify((listener) => listener.appended?.(job.jobId, 1));
        return created;
      }),
    append: (jobId, events, state) =>
      reach(async () => {
        const stored = await store.append(jobId, events, state);
        const nextIndex = (events.at(-1)?.index ?? 0) + 1;
        if (stored) exchange.notify((listener) => listener.appended?.(jobId, nextIndex));
        return stored;
      }),
    readEvents: (...call) => reach(() => store.readEvents(...call)),
    findJob: (jobId) => reach(() => store.findJob(jobId)),
    listJobs: (filter) => reach(() => store.listJobs(filter)),
    replicas: memoryReplicas(exchange, self, reach, () => line.hears()),
  };
}
