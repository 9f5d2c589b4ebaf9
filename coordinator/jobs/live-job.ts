import {
  type Clock,
  CodedError,
  isOutage,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type Post,
  postDigest,
  toCodedError,
} from '../../contract/index.js';
import { verifySignature } from '../../crypto/identity/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import {
  type AddSum,
  deadlineOf,
  decide,
  type Input,
  isExchanging,
  isSumming,
  isUnfinished,
  type JobState,
  type SenderFacts,
  step,
  stepsDoneWith,
  sumsDoneWith,
  type UploadFacts,
  workOf,
} from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { Places } from './places.js';

/** What a live job works with. */
export interface JobParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly adder: Adder;
  readonly clock: Clock;
  readonly log: JobLog;
  /** Called after every change, with the job's new state in place. */
  readonly changed: (job: LiveJob) => void;
  /** Whether timers and adding of a job are this replica's turn; never asked for what is right, only for who does it. */
  readonly leads: (jobId: JobId) => boolean;
}

/** The part of a logger that the job room uses. */
export interface JobLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Node fires timers above 2^31 - 1 ms at once; a longer wait is simply looked at again after this. */
const longestTimerMs = 2 ** 31 - 1;
const eventsPerRead = 500;
/** After a sum could not be added or stored, its uploads not fetched, or what a deadline led to not stored. */
const againMs = 5_000;
/**
 * After a restart nobody misses a deadline for this long: while the coordinator was away nobody could meet one, and
 * participants come back within seconds of it.
 */
const returnMs = 30_000;

/** What work on a state gives when another writer's events were stored first. */
const overtaken = Symbol('overtaken');

/**
 * One job at work. Inputs are taken one at a time: decide, append, and only then change the state, so what a
 * crash leaves is the stored transcript and nothing else. Work outside the fold (adding) is asked for by the
 * state itself and asked for again after a restart.
 *
 * Several replicas may have the same job at work. Each decides about what it is told and appends at the index its
 * state ends with; of two only one is stored, and the other catches up and decides again.
 */
export class LiveJob {
  readonly #parts: JobParts;
  readonly #places: Places;
  #state: JobState;
  /** Number of events folded, so also the index of the next one. */
  #nextIndex: number;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #adding: { readonly sum: number; readonly done: Promise<void> } | undefined;
  #closed = false;
  /** Files of steps or sums below this number are deleted. */
  #swept = 0;
  /** Deadlines before this moment are moved to it. */
  #patientUntilMs = 0;

  private constructor(parts: JobParts, state: JobState, places: Places, nextIndex: number) {
    this.#parts = parts;
    this.#state = state;
    this.#nextIndex = nextIndex;
    this.#places = places;
  }

  /** Folds a stored transcript. @throws {CodedError} INTERNAL when it is damaged. */
  static async load(parts: JobParts, jobId: JobId): Promise<LiveJob> {
    const places = new Places(jobId);
    let state: JobState | undefined;
    let nextIndex = 0;
    for await (const event of eventsFrom(parts.store, jobId, 0)) {
      state = step(state, event);
      places.add(event);
      nextIndex = event.index + 1;
    }
    if (!state) throw new CodedError('INTERNAL', `${jobId} has no events`);
    return new LiveJob(parts, state, places, nextIndex);
  }

  get state(): JobState {
    return this.#state;
  }

  get jobId(): JobId {
    return this.#state.charter.jobId;
  }

  get nextIndex(): number {
    return this.#nextIndex;
  }

  /**
   * Adds a post to the transcript.
   * @returns its index; the first index when the same was said in the same place before.
   * @throws {CodedError} the reason it is refused; the job stays as it is.
   */
  async post(post: Post, sender: SenderFacts): Promise<number> {
    const digest = postDigest(this.jobId, post);
    if (!verifySignature(sender.identityKey, digest, post.signature)) {
      throw new CodedError(
        'SIGNATURE_INVALID',
        `a post of ${sender.name} is not signed by its enrolled key`,
        {
          parties: [sender.name],
        },
      );
    }
    return this.#onNewest(async () => {
      const earlier = this.#places.find(post);
      if (earlier?.digest === digest) return earlier.index;
      if (earlier) {
        throw new CodedError(
          'MESSAGE_CONFLICT',
          `${post.sender} already said something else as ${post.body.kind} (event ${earlier.index})`,
          { parties: [post.sender] },
        );
      }
      const index = this.#nextIndex;
      const upload = await this.#uploadFacts(post);
      const taken = await this.#take({ kind: 'post', post, sender, ...(upload && { upload }) });
      return taken === overtaken ? overtaken : index;
    });
  }

  /** A participant runs a version that cannot take part in this job. */
  outdated(name: ParticipantName, detail: string): Promise<void> {
    return this.#onNewest(() => this.#take({ kind: 'outdated', name, detail }));
  }

  cancel(by: string, reason: string): Promise<void> {
    return this.#onNewest(() => this.#take({ kind: 'cancel', by, reason }));
  }

  /** What a question about the state gives; one that is refused is asked again of what other replicas stored. */
  judged<T>(question: (state: JobState) => T): Promise<T> {
    return this.#onNewest(async () => question(this.#state));
  }

  /** Folds what other replicas stored. */
  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#catchUp();
    });
  }

  /** Looks again at what is due and whose turn it is. */
  arrange(): Promise<void> {
    return this.#inTurn(async () => this.#arrange());
  }

  /** Takes up a stored job after a restart: timers, and adding if that was under way. */
  resume(): Promise<void> {
    this.#patientUntilMs = this.#parts.clock.now() + returnMs;
    return this.#inTurn(async () => this.#arrange());
  }

  /** Lets time act: deadlines, and whatever a new job asks for. */
  tick(): Promise<void> {
    return this.#onNewest(() => this.#take({ kind: 'tick' }));
  }

  /** Stops timers and waits for what is under way; the stored transcript is complete at any moment. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    await this.#adding?.done;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Runs work in turn until neither its result nor its refusal rests on a state that somebody else left behind. */
  #onNewest<T>(work: () => Promise<T | typeof overtaken>): Promise<T> {
    return this.#inTurn(async () => {
      for (;;) {
        let refusal: unknown;
        try {
          const result = await work();
          if (result !== overtaken) return result;
        } catch (error) {
          refusal = error;
        }
        if (await this.#catchUp()) continue;
        throw refusal ?? new CodedError('INTERNAL', `${this.jobId} takes no events`);
      }
    });
  }

  /** @returns whether there was anything new. */
  async #catchUp(): Promise<boolean> {
    const from = this.#nextIndex;
    try {
      for await (const event of eventsFrom(this.#parts.store, this.jobId, from)) {
        this.#state = step(this.#state, event);
        this.#places.add(event);
        this.#nextIndex = event.index + 1;
      }
    } finally {
      // Also of what was read before the database went away: nobody will read it again.
      if (this.#nextIndex > from) this.#parts.changed(this);
    }
    if (this.#nextIndex === from) return false;
    await this.#sweepOrWarn();
    this.#arrange();
    return true;
  }

  async #take(input: Input): Promise<typeof overtaken | undefined> {
    const { store, clock } = this.#parts;
    const { events, state } = decide(this.#state, input, clock.now());
    if (events.length > 0) {
      if (!(await store.append(this.jobId, events, state.kind))) return overtaken;
      this.#state = state;
      this.#nextIndex += events.length;
      for (const event of events) this.#places.add(event);
      this.#parts.changed(this);
      await this.#sweepOrWarn();
    }
    this.#arrange();
    return undefined;
  }

  async #uploadFacts({ sender, body }: Post): Promise<UploadFacts | undefined> {
    if (body.kind === 'parcel') {
      const place = { jobId: this.jobId, sum: body.step, sender, to: body.to };
      const { complete, receivedBytes } = await this.#parts.blobs.uploadStatus(place, body.digest);
      return { complete: complete && receivedBytes === body.bytes };
    }
    if (body.kind !== 'contribution') return undefined;
    const place = { jobId: this.jobId, sum: body.sum, sender };
    const { complete, receivedBytes } = await this.#parts.blobs.uploadStatus(place, body.digest);
    const contributors = this.#state.charter.roster.length;
    const prescribedBytes = this.#parts.adder.uploadBytes({ ...body, contributors });
    return { complete: complete && receivedBytes === body.bytes, prescribedBytes };
  }

  /** Sets the clock for the next deadline and starts work that the state asks for. */
  #arrange(): void {
    clearTimeout(this.#timer);
    if (this.#closed || !isUnfinished(this.#state) || !this.#parts.leads(this.jobId)) return;
    const nowMs = this.#parts.clock.now();
    const work = workOf(this.#state);
    if (work) {
      this.#add(work);
      return;
    }
    const dueMs = Math.max(deadlineOf(this.#state), this.#patientUntilMs);
    const waitMs = Math.min(Math.max(dueMs - nowMs, 1), longestTimerMs);
    this.#timer = setTimeout(() => this.#tickByTimer(), waitMs);
  }

  #tickByTimer(): void {
    // A process that was suspended may find its lease gone when it wakes.
    if (!this.#parts.leads(this.jobId)) return;
    this.tick().catch((error) => {
      this.#parts.log.error({ jobId: this.jobId, err: error }, 'a deadline could not be handled');
      // Nobody else may have anything to say in this job.
      if (this.#closed || !isOutage(toCodedError(error).code)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tickByTimer(), againMs);
    });
  }

  #add(work: AddSum): void {
    if (this.#adding?.sum === work.sum) return;
    const done = this.#addAndTell(work).catch((error) => {
      this.#adding = undefined;
      this.#parts.log.error({ jobId: this.jobId, err: error }, 'a sum could not be recorded');
      if (!this.#closed) this.#timer = setTimeout(() => void this.arrange(), againMs);
    });
    this.#adding = { sum: work.sum, done };
  }

  async #addAndTell(work: AddSum): Promise<void> {
    const { blobs, adder, clock } = this.#parts;
    const { sum, parameterSet, valueCount, contributors } = work;
    const { jobId } = this;
    const startedMs = clock.now();
    let outcome: Input;
    try {
      const output = await blobs.sumPath(jobId, sum);
      const found = work.uploads.map(async ({ sender, digest }) => {
        return { sender, digest, path: await blobs.uploadPath({ jobId, sum, sender }, digest) };
      });
      const uploads = await Promise.all(found);
      const added = await adder.add({ parameterSet, valueCount, contributors, uploads, output });
      await blobs.keepSum(jobId, sum);
      outcome = { kind: 'sumAdded', sum, ...added, addMs: Math.max(clock.now() - startedMs, 0) };
    } catch (thrown) {
      if (this.#closed) return;
      const { code, message, parties } = toCodedError(thrown);
      // The store of ciphertexts is away for a moment, or the disk full; no reason to end a job.
      if (isOutage(code)) throw thrown;
      this.#parts.log.error({ jobId, sum, code, err: thrown }, 'adding failed');
      outcome = { kind: 'addingFailed', sum, code, detail: `adding: ${message}`, parties };
    }
    if (this.#closed) return;
    await this.#onNewest(() => this.#take(outcome));
  }

  async #sweepOrWarn(): Promise<void> {
    await this.#sweep().catch((error) => {
      this.#parts.log.warn({ jobId: this.jobId, err: error }, 'old ciphertexts could not be deleted');
    });
  }

  /** Deletes ciphertexts nobody may ask for any more; the digests stay in the transcript. */
  async #sweep(): Promise<void> {
    const { blobs } = this.#parts;
    const { jobId } = this;
    const state = this.#state;
    if (state.kind === 'failed' || state.kind === 'cancelled') return await blobs.removeJob(jobId);
    const at = state.kind === 'finished' ? state.at : state;
    if (isExchanging(at)) {
      // Everybody has reported, and reports on nothing that it had not opened.
      if (state.kind === 'finished') return await blobs.removeJob(jobId);
      return await this.#sweepBelow(stepsDoneWith(at));
    }
    if (isSumming(at)) await this.#sweepBelow(sumsDoneWith(at, this.#swept));
  }

  async #sweepBelow(done: number): Promise<void> {
    for (; this.#swept < done; this.#swept++) await this.#parts.blobs.removeSum(this.jobId, this.#swept);
  }
}

/** Stored events from an index on, read in pieces. */
async function* eventsFrom(store: Store, jobId: JobId, from: number): AsyncGenerator<JobEvent> {
  for (let next = from; ; next += eventsPerRead) {
    const events = await store.readEvents(jobId, next, eventsPerRead);
    yield* events;
    if (events.length < eventsPerRead) return;
  }
}
