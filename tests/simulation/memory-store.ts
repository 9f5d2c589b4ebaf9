import type { JobEvent, JobId } from '../../contract/index.js';
import { isUnfinished, type JobState, step } from '../../coordinator/rounds/index.js';
import type { Created, JobRow, NewJob, Store } from '../../coordinator/store/index.js';
import { MemoryRegistryLog } from '../support/memory-registry-log.js';

/** What outlives the coordinator's process. */
export class StoreDisk {
  readonly jobs = new Map<JobId, { row: JobRow; events: JobEvent[] }>();
  readonly submissions = new Map<string, NewJob>();
  readonly registryLog = new MemoryRegistryLog();

  copy(): StoreDisk {
    const copy = new StoreDisk();
    for (const [jobId, { row, events }] of this.jobs) copy.jobs.set(jobId, { row, events: [...events] });
    for (const [key, job] of this.submissions) copy.submissions.set(key, job);
    return copy;
  }

  /** Becomes what a backup holds that was made when a job had so many events. */
  setBack(jobId: JobId, kept: number): void {
    const job = this.jobs.get(jobId);
    if (job === undefined) return;
    const events = job.events.slice(0, kept);
    const state = events.reduce<JobState | undefined>((folded, event) => step(folded, event), undefined)!;
    const last = events.at(-1)!;
    const endedMs = isUnfinished(state) ? undefined : last.atMs;
    const row = { ...job.row, state: state.kind, nextIndex: events.length, endedMs };
    this.jobs.set(jobId, { row, events });
  }
}

/** Called around every durable write: throws to refuse it, and says what becomes of the process. */
export type Write = <T>(apply: () => T) => T;

/** A store in memory; it passes the same suite as the real ones (tests/contract/simulation-doubles.test.ts). */
export function memoryStore(
  disk: StoreDisk,
  write: Write = (apply) => apply(),
  taken: (events: readonly JobEvent[]) => void = () => {},
): Store {
  return {
    createJob: async (job) => write(() => createJob(disk, job)),
    append: async (jobId, events, state) =>
      write(() => {
        const job = disk.jobs.get(jobId);
        const [first] = events;
        if (first === undefined) return true;
        if (job === undefined || job.events.length !== first.index) return false;
        job.events.push(...events.map(stored));
        const last = events.at(-1) as JobEvent;
        const ended = state === 'finished' || state === 'failed' || state === 'cancelled';
        job.row = { ...job.row, state, nextIndex: last.index + 1, endedMs: ended ? last.atMs : undefined };
        taken(events);
        return true;
      }),
    readEvents: async (jobId, from, limit) => disk.jobs.get(jobId)?.events.slice(from, from + limit) ?? [],
    findJob: async (jobId) => disk.jobs.get(jobId)?.row,
    listJobs: async ({ states, limit }) =>
      [...disk.jobs.values()]
        .map(({ row }) => row)
        .filter(({ state }) => states?.includes(state) ?? true)
        .sort((a, b) => b.submittedMs - a.submittedMs || (a.jobId < b.jobId ? -1 : 1))
        .slice(0, limit),
    registryLog: disk.registryLog,
    close: async () => {},
  };
}

function createJob(disk: StoreDisk, job: NewJob): Created {
  const { jobId, specDigest, submitter, idempotencyKey, first } = job;
  const key = `${submitter}\n${idempotencyKey}`;
  const earlier = idempotencyKey === '' ? undefined : disk.submissions.get(key);
  if (earlier) return earlier.specDigest === specDigest ? 'repeated' : 'other-spec';
  if (disk.jobs.has(jobId)) return 'replayed';
  const row: JobRow = {
    jobId,
    state: 'awaiting-consent',
    submittedMs: first.atMs,
    endedMs: undefined,
    nextIndex: 1,
  };
  disk.jobs.set(jobId, { row, events: [stored(first)] });
  if (idempotencyKey !== '') disk.submissions.set(key, job);
  return 'created';
}

/** Events travel by reference, but bytes come back as plain arrays, as from a database. */
function stored(event: JobEvent): JobEvent {
  const { body } = event;
  if (body.kind !== 'posted' || !('ciphertext' in body.post.body)) return event;
  const said = body.post.body;
  if (!Buffer.isBuffer(said.ciphertext)) return event;
  const plain = { ...said, ciphertext: new Uint8Array(said.ciphertext) };
  return { ...event, body: { ...body, post: { ...body.post, body: plain } } };
}
