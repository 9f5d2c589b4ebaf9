import {
  type Clock,
  CodedError,
  type HexDigest,
  type JobId,
  type JobSpec,
  jobIdOf,
  specDigest,
  specJson,
} from '../../contract/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import {
  isUnfinished,
  isVertical,
  type JobState,
  type JobStateKind,
  jobStateKinds,
  open,
  step,
} from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { type JobLog, type JobParts, LiveJob } from './live-job.js';
import { Presence } from './presence.js';

export interface BookParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly adder: Adder;
  readonly clock: Clock;
  readonly log: JobLog;
}

/** Ended jobs kept folded for people who look at them. */
const endedJobsKept = 100;
/** The last sum of a finished horizontal job can be fetched this long; its files go at the first start after that. */
const keepFinishedMs = 24 * 3600 * 1000;
const everyJob = 1_000_000;

/** All jobs of a coordinator: live ones at work, ended ones on demand. */
export class JobBook {
  readonly presence = new Presence();
  readonly #parts: JobParts;
  readonly #live = new Map<JobId, LiveJob>();
  readonly #ended = new Map<JobId, LiveJob>();
  readonly #listeners = new Set<(state: JobState) => void>();
  readonly #watchers = new Set<(state: JobState) => void>();

  constructor(parts: BookParts) {
    this.#parts = { ...parts, changed: (job) => this.#changed(job) };
  }

  /** Refolds every unfinished job and lets it go on; deletes files of jobs that are over. */
  async restore(): Promise<void> {
    const { store, log } = this.#parts;
    const states = jobStateKinds.filter((kind) => !['finished', 'failed', 'cancelled'].includes(kind));
    for (const { jobId } of await store.listJobs({ states, limit: everyJob })) {
      try {
        const job = await LiveJob.load(this.#parts, jobId);
        this.#live.set(jobId, job);
        await job.resume();
      } catch (error) {
        log.error({ jobId, err: error }, 'a stored job cannot go on');
      }
    }
    await this.#sweepFiles();
  }

  /**
   * Accepts a job for consent.
   * @returns the job, and whether an earlier submission under the key is the answer.
   * @throws {CodedError} IDEMPOTENCY_CONFLICT or JOB_REPLAYED.
   */
  async submit(
    spec: JobSpec,
    submitter: { readonly name: string; readonly organisation: string },
    idempotencyKey: string,
  ): Promise<{ readonly jobId: JobId; readonly repeated: boolean }> {
    const { store, clock } = this.#parts;
    const digest: HexDigest = specDigest(spec);
    const jobId = jobIdOf(digest);
    const nowMs = clock.now();
    const { events } = open(
      {
        kind: 'submitted',
        specJson: specJson(spec),
        specDigest: digest,
        submitter: submitter.name,
        organisation: submitter.organisation,
        deadlineMs: nowMs + Math.ceil(spec.deadlines.consentSeconds * 1000),
      },
      nowMs,
    );
    const first = events[0]!;
    const created = await store.createJob({
      jobId,
      specDigest: digest,
      submitter: submitter.name,
      idempotencyKey,
      first,
    });
    if (created === 'other-spec') {
      throw new CodedError('IDEMPOTENCY_CONFLICT', 'the idempotency key was used for another spec');
    }
    if (created === 'replayed') throw new CodedError('JOB_REPLAYED', `${jobId} was accepted before`);
    if (created === 'repeated') return { jobId, repeated: true };
    const job = await LiveJob.load(this.#parts, jobId);
    this.#live.set(jobId, job);
    await job.tick();
    this.#changed(job);
    return { jobId, repeated: false };
  }

  /** @throws {CodedError} JOB_UNKNOWN */
  async find(jobId: JobId): Promise<LiveJob> {
    const here = this.#live.get(jobId) ?? this.#ended.get(jobId);
    if (here) return here;
    if (!(await this.#parts.store.findJob(jobId))) {
      throw new CodedError('JOB_UNKNOWN', `there is no ${jobId} here`);
    }
    const job = await LiveJob.load(this.#parts, jobId);
    this.#keepEnded(job);
    return job;
  }

  /** Newest first. */
  async list(state: JobStateKind | undefined, limit: number): Promise<LiveJob[]> {
    const rows = await this.#parts.store.listJobs({ ...(state && { states: [state] }), limit });
    const jobs: LiveJob[] = [];
    for (const { jobId } of rows) {
      try {
        jobs.push(await this.find(jobId));
      } catch (error) {
        this.#parts.log.error({ jobId, err: error }, 'a stored job cannot be read');
      }
    }
    return jobs;
  }

  /** Jobs a participant must hear of when it connects: those at work. */
  live(): LiveJob[] {
    return [...this.#live.values()];
  }

  /** Calls the listener after every change of any job, until the returned function is called. */
  subscribe(listener: (state: JobState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Like `subscribe`, and also told when a participant reports progress. */
  watch(watcher: (state: JobState) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  progressed({ state }: LiveJob): void {
    for (const watcher of this.#watchers) watcher(state);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#live.values()].map((job) => job.close()));
  }

  #changed(job: LiveJob): void {
    const { state } = job;
    if (!isUnfinished(state) && this.#live.delete(job.jobId)) {
      this.#parts.log.info({ jobId: job.jobId, state: state.kind }, 'job ended');
      this.presence.forget(job.jobId);
      this.#keepEnded(job);
    }
    for (const listener of [...this.#listeners, ...this.#watchers]) listener(state);
  }

  #keepEnded(job: LiveJob): void {
    this.#ended.set(job.jobId, job);
    const oldest = this.#ended.keys().next().value;
    if (this.#ended.size > endedJobsKept && oldest !== undefined) this.#ended.delete(oldest);
  }

  async #sweepFiles(): Promise<void> {
    const { store, blobs, clock } = this.#parts;
    for (const jobId of await blobs.jobs()) {
      const row = await store.findJob(jobId);
      const recent = row?.state === 'finished' && (row.endedMs ?? 0) + keepFinishedMs > clock.now();
      if (this.#live.has(jobId) || (recent && !(await this.#isVertical(jobId)))) continue;
      await blobs.removeJob(jobId);
    }
  }

  /** Parcels of a job that ended are of no use to anybody. */
  async #isVertical(jobId: JobId): Promise<boolean> {
    const [first] = await this.#parts.store.readEvents(jobId, 0, 1);
    return first !== undefined && isVertical(step(undefined, first).charter);
  }
}
