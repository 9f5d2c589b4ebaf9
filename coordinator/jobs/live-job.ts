import {
  type Clock,
  CodedError,
  type JobEvent,
  type JobId,
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
/**
 * After a restart nobody misses a deadline for this long: while the coordinator was away nobody could meet one, and
 * participants come back within seconds of it.
 */
const returnMs = 30_000;

/**
 * One job at work. Inputs are taken one at a time: decide, append, and only then change the state, so what a
 * crash leaves is the stored transcript and nothing else. Work outside the fold (adding) is asked for by the
 * state itself and asked for again after a restart.
 */
export class LiveJob {
  readonly #parts: JobParts;
  readonly #places: Places;
  #state: JobState;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #adding: { readonly sum: number; readonly done: Promise<void> } | undefined;
  #closed = false;
  /** Parcels of steps below this number are deleted. */
  #sweptSteps = 0;
  /** Deadlines before this moment are moved to it. */
  #patientUntilMs = 0;

  private constructor(parts: JobParts, state: JobState, places: Places) {
    this.#parts = parts;
    this.#state = state;
    this.#places = places;
  }

  /** Folds a stored transcript. @throws {CodedError} INTERNAL when it is damaged. */
  static async load(parts: JobParts, jobId: JobId): Promise<LiveJob> {
    const places = new Places(jobId);
    let state: JobState | undefined;
    for (let from = 0; ; from += eventsPerRead) {
      const events = await parts.store.readEvents(jobId, from, eventsPerRead);
      for (const event of events) {
        state = step(state, event);
        places.add(event);
      }
      if (events.length < eventsPerRead) break;
    }
    if (!state) throw new CodedError('INTERNAL', `${jobId} has no events`);
    return new LiveJob(parts, state, places);
  }

  get state(): JobState {
    return this.#state;
  }

  get jobId(): JobId {
    return this.#state.charter.jobId;
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
    return this.#inTurn(async () => {
      const earlier = this.#places.find(post);
      if (earlier?.digest === digest) return earlier.index;
      if (earlier) {
        throw new CodedError(
          'MESSAGE_CONFLICT',
          `${post.sender} already said something else as ${post.body.kind} (event ${earlier.index})`,
          { parties: [post.sender] },
        );
      }
      const index = isUnfinished(this.#state) ? this.#state.nextIndex : 0;
      const upload = await this.#uploadFacts(post);
      await this.#take({ kind: 'post', post, sender, ...(upload && { upload }) });
      return index;
    });
  }

  cancel(by: string, reason: string): Promise<void> {
    return this.#inTurn(() => this.#take({ kind: 'cancel', by, reason }));
  }

  /** Takes up a stored job after a restart: timers, and adding if that was under way. */
  resume(): Promise<void> {
    this.#patientUntilMs = this.#parts.clock.now() + returnMs;
    return this.#inTurn(async () => this.#arrange());
  }

  /** Lets time act: deadlines, and whatever a new job asks for. */
  tick(): Promise<void> {
    return this.#inTurn(() => this.#take({ kind: 'tick' }));
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

  async #take(input: Input): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { events, state } = decide(this.#state, input, clock.now());
    if (events.length > 0) {
      if (!(await store.append(this.jobId, events, state.kind))) {
        throw new CodedError('INTERNAL', `another process writes to ${this.jobId}`);
      }
      this.#state = state;
      for (const event of events) this.#places.add(event);
      this.#parts.changed(this);
      await this.#sweep(events).catch((error) => {
        log.warn({ jobId: this.jobId, err: error }, 'old ciphertexts could not be deleted');
      });
    }
    this.#arrange();
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
    if (this.#closed || !isUnfinished(this.#state)) return;
    const nowMs = this.#parts.clock.now();
    const work = workOf(this.#state, nowMs);
    if (work) {
      this.#add(work);
      return;
    }
    const dueMs = Math.max(deadlineOf(this.#state), this.#patientUntilMs);
    const waitMs = Math.min(Math.max(dueMs - nowMs, 1), longestTimerMs);
    this.#timer = setTimeout(() => this.#tickByTimer(), waitMs);
  }

  #tickByTimer(): void {
    this.tick().catch((error) => {
      this.#parts.log.error({ jobId: this.jobId, err: error }, 'a deadline could not be handled');
    });
  }

  #add(work: AddSum): void {
    if (this.#adding?.sum === work.sum) return;
    const done = this.#addAndTell(work).catch((error) => {
      this.#parts.log.error({ jobId: this.jobId, err: error }, 'a sum could not be recorded');
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
      const uploads = work.uploads.map(({ sender, digest }) => {
        return { sender, digest, path: blobs.uploadPath({ jobId, sum, sender }, digest) };
      });
      const added = await adder.add({ parameterSet, valueCount, contributors, uploads, output });
      outcome = { kind: 'sumAdded', sum, ...added, addMs: Math.max(clock.now() - startedMs, 0) };
    } catch (thrown) {
      if (this.#closed) return;
      const { code, message, parties } = toCodedError(thrown);
      this.#parts.log.error({ jobId, sum, code, err: thrown }, 'adding failed');
      outcome = { kind: 'addingFailed', sum, code, detail: `adding: ${message}`, parties };
    }
    if (this.#closed) return;
    await this.#inTurn(() => this.#take(outcome));
  }

  /** Deletes ciphertexts nobody may ask for any more; the digests stay in the transcript. */
  async #sweep(events: readonly JobEvent[]): Promise<void> {
    const { blobs } = this.#parts;
    const { jobId } = this;
    if (this.#state.kind === 'failed' || this.#state.kind === 'cancelled') {
      await blobs.removeJob(jobId);
      return;
    }
    if (isExchanging(this.#state)) {
      for (const done = stepsDoneWith(this.#state); this.#sweptSteps < done; this.#sweptSteps++) {
        await blobs.removeSum(jobId, this.#sweptSteps);
      }
      return;
    }
    // Everybody has reported, and reports on nothing that it had not opened.
    if (this.#state.kind === 'finished' && isExchanging(this.#state.at)) {
      await blobs.removeJob(jobId);
      return;
    }
    // The sum before the newest agreed one: a participant that comes back late may still fetch the newest.
    const at = this.#state.kind === 'finished' ? this.#state.at : this.#state;
    const agreed = events.some(({ body }) => body.kind === 'sumAgreed');
    if (agreed && isSumming(at)) {
      const newest = at.current.phase === 'agreed' ? at.current.sum : at.current.sum - 1;
      if (newest > 0) await blobs.removeSum(jobId, newest - 1);
    }
  }
}
