import {
  CodedError,
  type JobEvent,
  type JobId,
  ownRelease,
  type ParticipantName,
  type Post,
  type PostBody,
  postDigest,
  postPlace,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Journal } from '../journal/index.js';
import { type Duty, dutiesOf, dutyName, isObsolete } from './duties.js';
import { RoomPause } from './room.js';
import { JobTranscript, type TranscriptParts } from './transcript.js';

export interface RunnerParts extends Omit<TranscriptParts, 'me'> {
  readonly me: ParticipantName;
  readonly signer: Signer;
  readonly journal: Journal;
  /** Delivers posts, in order; comes back when the coordinator stored all, or throws the first coded refusal. */
  deliver(jobId: JobId, posts: readonly Post[], signal: AbortSignal): Promise<void>;
  /**
   * Does the work of a duty and gives the posts it owes; called again after a crash before they were kept.
   * @param signal aborts when the duty has lost its purpose.
   * @param job aborts when the job has: work whose result serves a later duty may go on until then.
   */
  perform(
    duty: Duty,
    transcript: JobTranscript,
    signal: AbortSignal,
    job: AbortSignal,
  ): Promise<readonly PostBody[]>;
  /** The job is over for us, with the error when we left it; `rest` settles once nothing is done for it any more. */
  ended(transcript: JobTranscript, error: CodedError | undefined, rest: Promise<void>): void;
  /** Something could not be stored here (STORAGE_FULL) and is tried again after a pause; told every time. */
  noRoom?(error: CodedError): void;
}

/**
 * Runs one job: events in, duties done one after the other, posts out. Survives SIGKILL at any line: events and
 * posts are in the journal before they count, and duties follow from them again. So it survives a full disk too: what was
 * not stored did not happen, and is tried again until the job has ended.
 */
export class JobRunner {
  readonly transcript: JobTranscript;
  readonly #parts: RunnerParts;
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  /** Aborts when the job ends or we leave it: long work must not outlive its purpose. */
  readonly #over = new AbortController();
  readonly #working = AbortSignal.any([this.#stop.signal, this.#over.signal]);
  /** The duty under way, and how to stop it alone. */
  #current: { readonly duty: Duty; readonly obsolete: AbortController } | undefined;
  #failure: CodedError | undefined;
  #concluded: boolean;
  #running: Promise<void> | undefined;
  #again = false;
  /** A refusal said that the job has ended: nothing is done until the transcript tells how, or that it goes on. */
  #endAnnounced = false;
  readonly #room = new RoomPause();
  /** Times in a row that the coordinator did not hold what we had uploaded. */
  #uploadsLost = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.transcript = new JobTranscript(parts);
    const kept = parts.journal.job(parts.jobId);
    this.#concluded = kept?.concluded ?? false;
    if (kept?.state === 'left') {
      this.#failure = toCodedError(new CodedError('MESSAGE_UNEXPECTED', kept.detail));
      this.#concluded = true;
      // A crash between the two lines of #noteLeaving must not keep the secrets of a job we left.
      this.#stored(() => parts.journal.conclude(parts.jobId));
    }
    for (const event of this.#remembered()) this.#fold(event);
  }

  /** A job that an older version began may hold what this one does not read: it cannot go on here. */
  #remembered(): JobEvent[] {
    try {
      return this.#parts.journal.events(this.#parts.jobId);
    } catch (cause) {
      const detail = `an older version began this job, and ${ownRelease} does not go on with it: ${toCodedError(cause).message}`;
      const submission = this.#parts.journal.submission(this.#parts.jobId);
      if (submission !== undefined) this.#fold(submission);
      this.#leave(new CodedError('VERSION_UNSUPPORTED', detail, { cause }));
      return [];
    }
  }

  get concluded(): boolean {
    return this.#concluded;
  }

  /**
   * Takes an event from the coordinator: journaled first, then folded, then acted upon.
   * @throws when the journal has no room for it; it counts as not seen then, and must be shown again.
   */
  take(event: JobEvent): void {
    if (this.#failure !== undefined) return;
    if (event.index < this.transcript.nextIndex) {
      this.#compare(event);
      return;
    }
    this.#parts.journal.keepEvent(this.#parts.jobId, event);
    this.#fold(event);
    this.wake();
  }

  /** An event shown again must be the one that was shown: a coordinator that was set back goes on differently. */
  #compare(event: JobEvent): void {
    const { journal, jobId } = this.#parts;
    if (journal.hasEvent(jobId, event)) return;
    this.#leave(
      new CodedError(
        'TRANSCRIPT_BEHIND',
        `event ${event.index} is another one than the coordinator showed before`,
      ),
    );
  }

  /** Leaves the job because of something that is no event at all. */
  refuse(error: CodedError): void {
    this.#leave(error);
  }

  /** Looks for duties; safe to call at any time. */
  wake(): void {
    this.#again = true;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (this.#again && !this.#stop.signal.aborted) this.wake();
    });
  }

  /**
   * Looks for duties anew once there is a coordinator again. One that lost its last events, or another replica, may lack what
   * was said and acknowledged; what stands in the transcript is not owed, the rest comes out of the journal byte for byte.
   */
  resume(): void {
    this.#done.clear();
    this.wake();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#again = false;
    await this.#running?.catch(() => {});
  }

  #fold(event: JobEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.transcript.apply(event);
      this.#recognise(event);
      this.#holdAgainstOwn(event);
      this.#endAnnounced = false;
      if (this.transcript.ended !== undefined) this.#over.abort();
      if (this.#current !== undefined && isObsolete(this.#current.duty)) this.#current.obsolete.abort();
    } catch (error) {
      this.#leave(toCodedError(error));
    }
  }

  /**
   * What stands in the transcript under our signature must stand in the journal: it is kept there before it is sent, so
   * no crash explains that it is not. An older copy of the journal would have us say it anew, with other secrets.
   */
  #recognise({ body }: JobEvent): void {
    const { journal, jobId, me } = this.#parts;
    if (body.kind !== 'posted' || body.post.sender !== me) return;
    const place = postPlace(body.post.body);
    if (journal.said(jobId, place)?.signature === body.post.signature) return;
    throw new CodedError('JOURNAL_BEHIND', `the journal of ${me} does not hold its own ${place}`, {
      parties: [me],
    });
  }

  /** Asked of what we said, shown back to us or not. */
  #holdAgainstOwn({ body }: JobEvent): void {
    if (body.kind !== 'sumAgreed') return;
    const own = this.#parts.journal.said(this.#parts.jobId, `applied/${body.sum}`)?.body;
    if (own?.kind !== 'applied' || own.fingerprint === body.fingerprint) return;
    throw new CodedError('MODEL_DISAGREEMENT', `the others agreed on another outcome of sum ${body.sum}`);
  }

  /** Duties are looked for again after each one: the transcript may have gone on meanwhile. */
  async #work(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      for (let duty = this.#next(); duty !== undefined; duty = this.#next()) await this.#do(duty);
    }
  }

  #next(): Duty | undefined {
    if (this.#failure !== undefined || this.#stop.signal.aborted) return undefined;
    if (this.#endAnnounced) return undefined;
    return dutiesOf(this.transcript, this.#concluded).find((duty) => !this.#done.has(dutyName(duty)));
  }

  async #do(duty: Duty): Promise<void> {
    const over = this.transcript.ended !== undefined;
    const job = over ? this.#stop.signal : this.#working;
    const obsolete = new AbortController();
    this.#current = { duty, obsolete };
    const name = dutyName(duty);
    try {
      await this.#fulfil(duty, AbortSignal.any([job, obsolete.signal]), job);
      this.#done.add(name);
      this.#room.found();
      this.#uploadsLost = 0;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // The end of the job overtook the duty: nothing is wrong, the rest follows from the ending.
      if (!over && this.transcript.ended !== undefined) return;
      const coded = toCodedError(error);
      if (coded.code === 'STORAGE_FULL') {
        this.#parts.noRoom?.(coded);
        await this.#room.wait(AbortSignal.any([job, obsolete.signal]));
        if (obsolete.signal.aborted) this.#done.add(name);
      } else if (coded.code === 'JOB_ENDED' && this.transcript.ended === undefined) {
        this.#endAnnounced = true;
      } else if (coded.code === 'UPLOAD_MISSING' && this.#uploadsLost < mostUploadsLost) {
        // A restored coordinator lost bytes, not our post: the duty is done anew, and uploads what it made before.
        this.#uploadsLost += 1;
      } else if (obsolete.signal.aborted || tooLate.has(coded.code)) this.#done.add(name);
      else this.#leave(coded);
    } finally {
      this.#current = undefined;
    }
  }

  async #fulfil(duty: Duty, signal: AbortSignal, job: AbortSignal): Promise<void> {
    const { jobId, journal, perform, deliver, ended } = this.#parts;
    const bodies = await perform(duty, this.transcript, signal, job);
    // What was done for a round that went on meanwhile is not said any more, nor anything once we left.
    if (this.#failure !== undefined) return;
    signal.throwIfAborted();
    const posts = this.#keep(bodies);
    if (posts.length > 0) await deliver(jobId, posts, signal);
    if (duty.kind !== 'conclude') return;
    journal.conclude(jobId);
    this.#concluded = true;
    ended(this.transcript, undefined, Promise.resolve());
  }

  /** Signs what is new and stores it; what was said before in a place is said again, byte for byte. */
  #keep(bodies: readonly PostBody[]): Post[] {
    const { journal, jobId } = this.#parts;
    const fresh = bodies
      .map((body) => ({ place: postPlace(body), post: this.#sign(body) }))
      .filter(({ place }) => journal.said(jobId, place) === undefined);
    journal.keepSaid(jobId, fresh);
    return bodies.map((body) => journal.said(jobId, postPlace(body)) as Post);
  }

  #sign(body: PostBody): Post {
    const { jobId, me, signer } = this.#parts;
    const early = body.kind === 'consent' || body.kind === 'join';
    const rosterDigest = early ? '' : (this.transcript.roster?.digest ?? '');
    const unsigned = { sender: me, rosterDigest, body } as const;
    return { ...unsigned, signature: signer.sign(postDigest(jobId, unsigned)) };
  }

  /** Fraud or failure: we say so once, and take no further part whatever the coordinator answers. */
  #leave(error: CodedError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#over.abort();
    this.#stored(() => this.#noteLeaving(error));
  }

  /** Stores something, now if there is room, else as soon as there is. */
  #stored(store: () => void): void {
    try {
      store();
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code !== 'STORAGE_FULL') throw thrown;
      this.#parts.noRoom?.(error);
      const { signal } = this.#stop;
      void this.#room.wait(signal).then(() => {
        if (!signal.aborted) this.#stored(store);
      });
    }
  }

  #noteLeaving(error: CodedError): void {
    const { journal, jobId } = this.#parts;
    journal.keepJob(jobId, 'left', error.code, error.message);
    journal.conclude(jobId);
    this.#concluded = true;
    const rest = this.#running?.catch(() => {}) ?? Promise.resolve();
    this.#parts.ended(this.transcript, error, rest);
    this.#stored(() => this.#sayLeaving(error));
  }

  #sayLeaving(error: CodedError): void {
    const { jobId } = this.#parts;
    if (this.transcript.nextIndex === 0 || this.transcript.ended !== undefined) return;
    const body: PostBody = {
      kind: 'abort',
      code: error.code,
      detail: publicDetail(error),
      sum: this.transcript.course?.position ?? 0,
      party: (error.parties[0] ?? '').slice(0, 40),
    };
    this.#parts.deliver(jobId, this.#keep([body]), this.#stop.signal).catch(() => {
      // A coordinator that caused this may well refuse to hear it; our own journal has the reason.
    });
  }
}

/** A coordinator that loses more than so many uploads of one duty is not waited for. */
const mostUploadsLost = 5;

/** The coordinator says so when the round or the job has gone on without us; the transcript tells the rest. */
const tooLate: ReadonlySet<string> = new Set(['ROUND_CLOSED', 'KEYS_CLOSED', 'JOB_ENDED']);

/**
 * What others may read of an error. Of one that nobody foresaw only that it happened: its text could hold anything.
 * That of a broken policy names lines of our own file.
 */
function publicDetail({ code, message }: CodedError): string {
  // Cutting can split a surrogate pair, which no signature covers.
  return (kept[code] ?? message).slice(0, 500).toWellFormed();
}

const kept: Readonly<Partial<Record<CodedError['code'], string>>> = {
  INTERNAL: 'an unexpected error; the log there has the particulars',
  LABEL_BUDGET_EXCEEDED: 'the label budget of the label holder does not hold this job',
  POLICY_INVALID: 'the policy of the participant is not valid',
};
