import {
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
import {
  decide,
  type Input,
  isUnfinished,
  type JobState,
  type SenderFacts,
  step,
  wakesMs,
  workOf,
} from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { Adding, type AddingParts } from './adding.js';
import { JobFiles } from './job-files.js';
import { type Judgement, judgePosts } from './judge-posts.js';
import { Places } from './places.js';
import { type ArrivedPost, PostQueue } from './post-queue.js';
import { Uploaded } from './uploaded.js';

/** What a live job works with. */
export interface JobParts extends AddingParts {
  readonly store: Store;
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
/** After what a deadline led to could not be stored. */
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
  readonly #uploaded: Uploaded;
  #state: JobState;
  /** Number of events folded, so also the index of the next one. */
  #nextIndex: number;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #posts: PostQueue;
  readonly #files: JobFiles;
  #timer: NodeJS.Timeout | undefined;
  /** The moment for which the timer is set. */
  #awaitedMs: number | undefined;
  readonly #adding: Adding;
  #closed = false;
  /** Deadlines before this moment are moved to it. */
  #patientUntilMs = 0;

  private constructor(parts: JobParts, state: JobState, places: Places, nextIndex: number) {
    this.#parts = parts;
    this.#state = state;
    this.#nextIndex = nextIndex;
    this.#places = places;
    this.#uploaded = new Uploaded(parts);
    this.#files = new JobFiles(state.charter.jobId, parts.blobs);
    this.#adding = new Adding(parts, state.charter.jobId, {
      tell: (outcome) => this.#onNewest(() => this.#take(outcome)),
      again: () => void this.arrange(),
    });
    this.#posts = new PostQueue(
      (work) => this.#inTurn(work),
      (posts) => this.#takePosts(posts),
    );
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
    // Ahead of its turn: of a large upload it takes seconds, in which others have something to say.
    if (!this.#places.find(post)) await this.#uploaded.facts(this.#state, post).catch(() => undefined);
    return this.#posts.add({ post, digest, sender });
  }

  /** A participant runs a version that cannot take part in this job. */
  outdated(name: ParticipantName, detail: string): Promise<void> {
    return this.#onNewest(() => this.#take({ kind: 'outdated', name, detail }));
  }

  /** Its certificate was revoked: the job goes on without it or ends. Said again, it changes nothing. */
  revoked(name: ParticipantName): Promise<void> {
    return this.#onNewest(() => this.#take({ kind: 'revoked', name }));
  }

  /** A participant saw this job end, whatever is stored here. @returns whether that is more than all replicas know. */
  async setBack(name: ParticipantName): Promise<boolean> {
    await this.#onNewest(() => this.#take({ kind: 'setBack', name }));
    return this.#state.kind === 'failed' && this.#state.code === 'TRANSCRIPT_BEHIND';
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
    const added = this.#adding.close();
    await this.#turn;
    await added;
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

  async #takePosts(posts: readonly ArrivedPost[]): Promise<Judgement['verdicts']> {
    for (;;) {
      const verdicts = await this.#takeTogether(posts);
      if (verdicts !== overtaken) return verdicts;
    }
  }

  async #takeTogether(posts: readonly ArrivedPost[]): Promise<Judgement['verdicts'] | typeof overtaken> {
    const { store, clock } = this.#parts;
    const facts = (post: Post) => this.#uploaded.facts(this.#state, post).catch(toCodedError);
    const signed = await Promise.all(
      posts.map(async (each) => ({ ...each, upload: await facts(each.post) })),
    );
    const at = { state: this.#state, places: this.#places, jobId: this.jobId, nowMs: clock.now() };
    const { verdicts, events, state, taken } = judgePosts(at, signed);
    if (events.length === 0) {
      const refused = verdicts.some((verdict) => typeof verdict !== 'number');
      return refused && (await this.#catchUp()) ? overtaken : verdicts;
    }
    let refusal: unknown;
    const stored = await store.append(this.jobId, events, state.kind).catch((error) => {
      refusal = error;
      return false;
    });
    if (!stored) {
      if (await this.#catchUp()) return overtaken;
      throw refusal ?? new CodedError('INTERNAL', `${this.jobId} takes no events`);
    }
    this.#places.join(taken);
    await this.#changedTo(state, events.length);
    return verdicts;
  }

  async #take(input: Input): Promise<typeof overtaken | undefined> {
    const { store, clock } = this.#parts;
    const { events, state } = decide(this.#state, input, clock.now());
    if (events.length > 0) {
      if (!(await store.append(this.jobId, events, state.kind))) return overtaken;
      for (const event of events) this.#places.add(event);
      await this.#changedTo(state, events.length);
    } else this.#arrange();
    return undefined;
  }

  async #changedTo(state: JobState, events: number): Promise<void> {
    this.#state = state;
    this.#nextIndex += events;
    this.#parts.changed(this);
    await this.#sweepOrWarn();
    this.#arrange();
  }

  /**
   * Sets the clock for the next deadline and starts work that the state asks for. A timer that is set for a deadline is
   * left alone: timers run by a clock that does not jump, so that a wait lasts as long as it was meant to, even when
   * the time of day is corrected meanwhile.
   */
  #arrange(): void {
    const state = this.#state;
    const open = !this.#closed && isUnfinished(state) && this.#parts.leads(this.jobId) ? state : undefined;
    const work = open && workOf(open);
    const dueMs = open && !work ? Math.max(wakesMs(open), this.#patientUntilMs) : undefined;
    if (dueMs !== undefined && dueMs === this.#awaitedMs) return;
    clearTimeout(this.#timer);
    this.#awaitedMs = dueMs;
    if (work) this.#adding.begin(work);
    if (dueMs === undefined) return;
    const waitMs = Math.min(Math.max(dueMs - this.#parts.clock.now(), 1), longestTimerMs);
    this.#timer = setTimeout(() => this.#tickByTimer(), waitMs);
  }

  #tickByTimer(): void {
    this.#awaitedMs = undefined;
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

  async #sweepOrWarn(): Promise<void> {
    await this.#files.sweep(this.#state).catch((error) => {
      this.#parts.log.warn({ jobId: this.jobId, err: error }, 'old ciphertexts could not be deleted');
    });
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
