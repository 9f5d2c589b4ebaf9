import {
  type Clock,
  CodedError,
  type HexDigest,
  isOutage,
  type JobId,
  type JobSpec,
  jobIdOf,
  neededRelease,
  specDigest,
  specJson,
  toCodedError,
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
import type { JobRow, Store } from '../store/index.js';
import { Leases } from './leases.js';
import { type JobLog, type JobParts, LiveJob } from './live-job.js';
import { Presence } from './presence.js';
import { ReplicaWatch } from './replica-watch.js';

export interface BookParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly adder: Adder;
  readonly clock: Clock;
  readonly log: JobLog;
}

/** Ended jobs kept folded for people who look at them. */
const endedJobsKept = 100;
/** Whoever was away when a horizontal job finished can fetch the sums it missed for this long. */
const keepFinishedMs = 24 * 3600 * 1000;
const sweepEveryMs = 3600 * 1000;
const everyJob = 1_000_000;
const everyEvent = Number.POSITIVE_INFINITY;
const unfinished = jobStateKinds.filter((kind) => !['finished', 'failed', 'cancelled'].includes(kind));

/** All jobs of a coordinator: live ones at work, ended ones on demand. */
export class JobBook {
  readonly presence = new Presence();
  readonly #parts: JobParts;
  readonly #live = new Map<JobId, LiveJob>();
  readonly #ended = new Map<JobId, LiveJob>();
  readonly #listeners = new Set<(state: JobState) => void>();
  readonly #watchers = new Set<(state: JobState) => void>();
  #sweeper: NodeJS.Timeout | undefined;
  readonly #leases: Leases;
  readonly #watch: ReplicaWatch | undefined;
  /** Transcripts being folded: whoever asks meanwhile gets the same job. */
  readonly #loading = new Map<JobId, Promise<LiveJob>>();
  /** Jobs that are brought up to date and not yet through with it. */
  readonly #visited = new Set<JobId>();
  /** Jobs whose transcript could not be read; said once. */
  readonly #damaged = new Set<JobId>();

  constructor(parts: BookParts) {
    const { replicas } = parts.store;
    this.#leases = new Leases(replicas);
    this.#parts = {
      ...parts,
      changed: (job) => this.#changed(job),
      leads: this.#leases.leads,
      ...(replicas && { giveUp: (jobId: JobId) => this.#giveUp(jobId) }),
    };
    this.#watch =
      replicas &&
      new ReplicaWatch(replicas, this.presence, {
        appended: (jobId, nextIndex) => void this.#heard(jobId, nextIndex),
        renew: () => this.#renew(),
        lookAround: () => this.#lookAround(),
        announced: () => {
          for (const job of this.#live.values()) this.progressed(job);
        },
        failed: (error) => this.#parts.log.warn({ err: error }, 'the other replicas cannot be heard'),
      });
  }

  /** Refolds every unfinished job and lets it go on; deletes files of jobs that are over. */
  async restore(): Promise<void> {
    const { store } = this.#parts;
    await this.#takeUp(await this.#unfinished());
    if (store.replicas === undefined)
      await Promise.all([...this.#live.values()].map((job) => this.#goOn(job)));
    else await this.#renew();
    // Ahead of the files, which can take longer than a lease.
    this.#watch?.start();
    await this.#sweepFiles();
    this.#sweeper = setInterval(() => this.#sweepByTimer(), sweepEveryMs).unref();
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
        needs: neededRelease(spec),
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
    const job = await this.#open(jobId);
    await this.#leases.claim([jobId]);
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
    return this.#open(jobId);
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
    clearInterval(this.#sweeper);
    await this.#watch?.stop();
    await Promise.all([...this.#live.values()].map((job) => job.close()));
    // Last: until then timers here were ours to run. A database that is gone lets them run out by themselves.
    await this.#leases.release().catch(() => undefined);
  }

  /** Folds a stored job, once however many ask, and puts it where it belongs. */
  #open(jobId: JobId): Promise<LiveJob> {
    const here = this.#live.get(jobId) ?? this.#ended.get(jobId);
    if (here) return Promise.resolve(here);
    const under = this.#loading.get(jobId);
    if (under) return under;
    const loading = LiveJob.load(this.#parts, jobId)
      .then((job) => {
        if (!isUnfinished(job.state)) this.#keepEnded(job);
        else {
          this.#live.set(jobId, job);
          // Whatever it was opened for: sessions here may not have heard of it.
          this.#changed(job);
        }
        return job;
      })
      .finally(() => this.#loading.delete(jobId));
    this.#loading.set(jobId, loading);
    return loading;
  }

  /** A transcript has `nextIndex` events: those that are missing here came from another replica. */
  async #heard(jobId: JobId, nextIndex: number): Promise<void> {
    try {
      const job = await this.#open(jobId);
      if (job.nextIndex < nextIndex) await job.catchUp();
    } catch (error) {
      // Not the job's fault, and looked at again within seconds.
      if (isOutage(toCodedError(error).code)) return;
      this.#stuck(jobId, error);
    }
  }

  #stuck(jobId: JobId, error: unknown): void {
    if (!this.#damaged.has(jobId)) this.#parts.log.error({ jobId, err: error }, 'a stored job cannot go on');
    this.#damaged.add(jobId);
  }

  /** Renews leases and takes those that another replica left lying. */
  async #renew(): Promise<void> {
    const gained = await this.#leases.claim([...this.#live.keys()]);
    for (const jobId of gained) {
      const job = this.#live.get(jobId);
      if (job) void this.#goOn(job);
    }
  }

  /** Who led before may have died, and participants with it: they come back within seconds. */
  async #goOn(job: LiveJob): Promise<void> {
    await job.resume().catch((error) => this.#stuck(job.jobId, error));
  }

  /** What fails here again and again may not fail elsewhere. */
  #giveUp(jobId: JobId): void {
    this.#parts.log.warn({ jobId }, 'a job is left to another replica');
    // A database that is away lets the lease run out by itself.
    this.#leases.giveUp(jobId).catch(() => undefined);
  }

  #unfinished(): Promise<JobRow[]> {
    return this.#parts.store.listJobs({ states: unfinished, limit: everyJob });
  }

  /** Folds jobs that are not known here, one after the other: a transcript is long. */
  async #takeUp(rows: readonly JobRow[]): Promise<void> {
    for (const { jobId, nextIndex } of rows) {
      if (!this.#live.has(jobId)) await this.#heard(jobId, nextIndex);
    }
  }

  /** Takes up what other replicas did. */
  async #lookAround(): Promise<void> {
    const rows = await this.#unfinished();
    await this.#takeUp(rows);
    const stored = new Map(rows.map(({ jobId, nextIndex }) => [jobId, nextIndex]));
    // What is not listed ended elsewhere.
    for (const { jobId } of this.#live.values()) void this.#visit(jobId, stored.get(jobId) ?? everyEvent);
  }

  /** Waits its turn behind whatever the job is at; no other job waits with it. */
  async #visit(jobId: JobId, nextIndex: number): Promise<void> {
    if (this.#visited.has(jobId)) return;
    this.#visited.add(jobId);
    await this.#heard(jobId, nextIndex);
    // Leases that went, and timers whose work failed while the database was away.
    await this.#live
      .get(jobId)
      ?.arrange()
      .catch((error) => this.#stuck(jobId, error));
    this.#visited.delete(jobId);
  }

  #changed(job: LiveJob): void {
    const { state } = job;
    if (!isUnfinished(state) && this.#live.delete(job.jobId)) {
      this.#parts.log.info({ jobId: job.jobId, state: state.kind }, 'job ended');
      this.presence.forget(job.jobId);
      this.#leases.forget(job.jobId);
      this.#keepEnded(job);
    }
    for (const listener of [...this.#listeners, ...this.#watchers]) listener(state);
  }

  #keepEnded(job: LiveJob): void {
    this.#ended.set(job.jobId, job);
    const oldest = this.#ended.keys().next().value;
    if (this.#ended.size > endedJobsKept && oldest !== undefined) this.#ended.delete(oldest);
  }

  #sweepByTimer(): void {
    this.#sweepFiles().catch((error) => {
      this.#parts.log.warn({ err: error }, 'files of ended jobs could not be deleted');
    });
  }

  async #sweepFiles(): Promise<void> {
    const { store, blobs, clock } = this.#parts;
    for (const jobId of await blobs.jobs()) {
      const row = await store.findJob(jobId);
      const recent = row?.state === 'finished' && (row.endedMs ?? 0) + keepFinishedMs > clock.now();
      // Asked of the store: another replica may have taken a job up after this one looked.
      if (row !== undefined && unfinished.includes(row.state)) continue;
      if (recent && !(await this.#isVertical(jobId))) continue;
      await blobs.removeJob(jobId);
    }
  }

  /** Parcels of a job that ended are of no use to anybody. */
  async #isVertical(jobId: JobId): Promise<boolean> {
    const [first] = await this.#parts.store.readEvents(jobId, 0, 1);
    return first !== undefined && isVertical(step(undefined, first).charter);
  }
}
