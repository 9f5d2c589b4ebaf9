import { CodedError, type ErrorCode, type JobEvent, type JobId } from '../../contract/index.js';
import { type Metrics, type SpanPlace, standIn, type Tracing } from '../../observe/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import type { Store } from '../store/index.js';
import { folderBytes } from './folder-bytes.js';
import { type Instruments, instrumentsOf } from './instruments.js';
import { type Stretch, Timeline } from './timeline.js';

/** What the observer looks at when somebody asks for metrics. */
export interface Watched {
  /** States of the jobs at work here. */
  states(): readonly string[];
  openSessions(): number;
}

/** Jobs whose open stretches are remembered; replicas may end a job elsewhere, so some are never closed here. */
const mostTimelines = 2000;
const eventsPerRead = 500;

/**
 * Measures a coordinator from outside: it stands before its store, blobs and adder and passes everything on. Of
 * several replicas each counts what it did itself, so that sums over replicas are right.
 */
export class Observer {
  readonly #instruments: Instruments | undefined;
  readonly #timelines = new Map<JobId, Timeline>();

  constructor(
    private readonly metrics: Metrics | undefined,
    private readonly tracing: Tracing | undefined,
    /** Where ciphertexts lie on disk. */
    private readonly blobFolder: string,
  ) {
    this.#instruments = metrics && instrumentsOf(metrics);
  }

  watch(watched: Watched): void {
    if (!this.metrics) return;
    const single = (value: number) => new Map([['', value]]);
    this.metrics.gauge('fedrisk_jobs', 'Unfinished jobs by state', 'state', () => {
      const counts = new Map<string, number>();
      for (const state of watched.states()) counts.set(state, (counts.get(state) ?? 0) + 1);
      return counts;
    });
    this.metrics.gauge('fedrisk_sessions', 'Open sessions of participants', '', () =>
      single(watched.openSessions()),
    );
    this.metrics.gauge('fedrisk_blob_bytes', 'Ciphertexts and parcels on disk', '', async () =>
      single(await folderBytes(this.blobFolder)),
    );
  }

  refused(code: ErrorCode, rpc: string): void {
    this.#instruments?.refusals.add({ code, rpc });
  }

  /** The same store; appends are timed, and what they end is told. */
  store(store: Store): Store {
    return standIn(store, {
      createJob: async (job) => {
        const created = await store.createJob(job);
        if (created === 'created') await this.#appended(store, job.jobId, [job.first]);
        return created;
      },
      append: async (...order) => {
        const startedMs = performance.now();
        const stored = await store.append(...order);
        this.#instruments?.appends.observe({}, (performance.now() - startedMs) / 1000);
        if (stored) await this.#appended(store, order[0], order[1]);
        else this.#instruments?.conflicts.add({});
        return stored;
      },
    });
  }

  blobs(blobs: Blobs): Blobs {
    const bytes = this.#instruments?.bytes;
    if (!bytes) return blobs;
    const counted = (direction: 'in' | 'out') =>
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes.add({ direction }, chunk.length);
          yield chunk;
        }
      };
    return standIn(blobs, {
      receiveUpload: (place, header, chunks) => blobs.receiveUpload(place, header, counted('in')(chunks)),
      readSum: (...which) => counted('out')(blobs.readSum(...which)),
      readUpload: (...which) => counted('out')(blobs.readUpload(...which)),
    });
  }

  adder(adder: Adder): Adder {
    const adding = this.#instruments?.adding;
    if (!adding) return adder;
    return standIn(adder, {
      add: async (task) => {
        const startedMs = performance.now();
        try {
          const added = await adder.add(task);
          adding.observe({ outcome: 'added' }, (performance.now() - startedMs) / 1000);
          return added;
        } catch (thrown) {
          adding.observe({ outcome: 'failed' }, (performance.now() - startedMs) / 1000);
          throw thrown;
        }
      },
    });
  }

  async #appended(store: Store, jobId: JobId, events: readonly JobEvent[]): Promise<void> {
    for (const { body } of events) {
      this.#instruments?.events.add({ kind: body.kind === 'posted' ? body.post.body.kind : body.kind });
    }
    // Telemetry must not fail what it watches.
    await this.#tell(store, jobId, events).catch(() => undefined);
  }

  async #tell(store: Store, jobId: JobId, events: readonly JobEvent[]): Promise<void> {
    const timeline = await this.#caughtUp(store, jobId, events[0]?.index ?? 0);
    for (const event of events) {
      for (const stretch of timeline.apply(event)) this.#over(jobId, stretch);
    }
  }

  /** The job's timeline just before `index`: after a restart, or when another replica was at work, read again. */
  async #caughtUp(store: Store, jobId: JobId, index: number): Promise<Timeline> {
    const timeline = this.#timelines.get(jobId) ?? new Timeline();
    while (timeline.nextIndex < index) {
      const missed = await store.readEvents(jobId, timeline.nextIndex, eventsPerRead);
      if (missed.length === 0) throw new CodedError('INTERNAL', `${jobId} has fewer events than were stored`);
      for (const event of missed) if (event.index < index) timeline.apply(event);
    }
    this.#timelines.set(jobId, timeline);
    const oldest = this.#timelines.keys().next().value;
    if (this.#timelines.size > mostTimelines && oldest !== undefined) this.#timelines.delete(oldest);
    return timeline;
  }

  #over(jobId: JobId, stretch: Stretch): void {
    const { name, startMs, endMs, number, purpose, step, round, code } = stretch;
    if (name === 'job') {
      this.#timelines.delete(jobId);
      this.#instruments?.ended.add({ outcome: code ?? 'finished' });
    }
    const phase = step ?? name;
    this.#instruments?.phases.observe({ phase, purpose: purpose ?? '' }, (endMs - startMs) / 1000);
    this.tracing?.record({
      ...{ jobId, name, startMs, endMs },
      ...(code !== undefined && { code }),
      ...placesOf(stretch),
      attributes: {
        ...(number !== undefined && { [step === undefined ? 'fedrisk.sum' : 'fedrisk.step']: number }),
        ...(purpose !== undefined && { 'fedrisk.purpose': purpose }),
        ...(step !== undefined && { 'fedrisk.step_name': step }),
        ...(round !== undefined && { 'fedrisk.round': round }),
      },
    });
  }
}

/** Which spans others hang theirs on, and where this one hangs. */
function placesOf({ name, number, step }: Stretch): { is?: SpanPlace; in?: SpanPlace } {
  if (name === 'job') return { is: 'job' };
  if (number === undefined) return { in: 'job' };
  if (step !== undefined) return { is: `step/${number}`, in: 'job' };
  return name === 'sum' ? { is: `sum/${number}`, in: 'job' } : { in: `sum/${number}` };
}
