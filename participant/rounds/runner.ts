import {
  CodedError,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type Post,
  type PostBody,
  postDigest,
  postPlace,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Journal } from '../journal/index.js';
import { type Duty, dutiesOf } from './duties.js';
import { JobTranscript, type TranscriptParts } from './transcript.js';

export interface RunnerParts extends Omit<TranscriptParts, 'me'> {
  readonly me: ParticipantName;
  readonly signer: Signer;
  readonly journal: Journal;
  /** Delivers a post; comes back when the coordinator stored it, or throws its coded refusal. */
  deliver(jobId: JobId, post: Post, signal: AbortSignal): Promise<void>;
  /** Does the work of a duty and gives the posts it owes; called again after a crash before they were kept. */
  perform(duty: Duty, transcript: JobTranscript, signal: AbortSignal): Promise<readonly PostBody[]>;
  /** The job is over for us, with the error when we left it; `rest` settles once nothing is done for it any more. */
  ended(transcript: JobTranscript, error: CodedError | undefined, rest: Promise<void>): void;
}

/**
 * Runs one job: events in, duties done one after the other, posts out. Survives SIGKILL at any line: events and
 * posts are in the journal before they count, and duties follow from them again.
 */
export class JobRunner {
  readonly transcript: JobTranscript;
  readonly #parts: RunnerParts;
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  /** Aborts when the job ends or we leave it: long work must not outlive its purpose. */
  readonly #over = new AbortController();
  readonly #working = AbortSignal.any([this.#stop.signal, this.#over.signal]);
  #failure: CodedError | undefined;
  #concluded: boolean;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.transcript = new JobTranscript(parts);
    const kept = parts.journal.job(parts.jobId);
    this.#concluded = kept?.concluded ?? false;
    if (kept?.state === 'left') {
      this.#failure = toCodedError(new CodedError('MESSAGE_UNEXPECTED', kept.detail));
      this.#concluded = true;
      // A crash between the two lines of #leave must not keep the secrets of a job we left.
      parts.journal.conclude(parts.jobId);
    }
    for (const event of parts.journal.events(parts.jobId)) this.#fold(event);
  }

  get concluded(): boolean {
    return this.#concluded;
  }

  /** Takes an event from the coordinator: journaled first, then folded, then acted upon. */
  take(event: JobEvent): void {
    if (event.index < this.transcript.nextIndex || this.#failure !== undefined) return;
    this.#parts.journal.keepEvent(this.#parts.jobId, event);
    this.#fold(event);
    this.wake();
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

  async close(): Promise<void> {
    this.#stop.abort();
    this.#again = false;
    await this.#running?.catch(() => {});
  }

  #fold(event: JobEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.transcript.apply(event);
      if (this.transcript.ended !== undefined) this.#over.abort();
    } catch (error) {
      this.#leave(toCodedError(error));
    }
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      for (const duty of this.#open()) {
        await this.#do(duty);
        this.#again = true;
      }
    }
  }

  #open(): Duty[] {
    if (this.#failure !== undefined) return [];
    return dutiesOf(this.transcript, this.#concluded).filter((duty) => !this.#done.has(keyOf(duty)));
  }

  async #do(duty: Duty): Promise<void> {
    if (this.#failure !== undefined) return;
    const over = this.transcript.ended !== undefined;
    const signal = over ? this.#stop.signal : this.#working;
    try {
      const bodies = await this.#parts.perform(duty, this.transcript, signal);
      if (this.#failure !== undefined) return;
      for (const post of this.#keep(bodies)) await this.#parts.deliver(this.#parts.jobId, post, signal);
      this.#done.add(keyOf(duty));
      if (duty.kind === 'conclude') {
        this.#concluded = true;
        this.#parts.journal.conclude(this.#parts.jobId);
        this.#parts.ended(this.transcript, undefined, Promise.resolve());
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // The end of the job overtook the duty: nothing is wrong, the rest follows from the ending.
      if (!over && this.transcript.ended !== undefined) return;
      const coded = toCodedError(error);
      if (coded.code === 'JOB_ENDED') {
        this.#done.add(keyOf(duty));
        return;
      }
      this.#leave(coded);
    }
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
    const { journal, jobId } = this.#parts;
    journal.keepJob(jobId, 'left', error.code, error.message);
    journal.conclude(jobId);
    this.#concluded = true;
    const rest = this.#running?.catch(() => {}) ?? Promise.resolve();
    this.#parts.ended(this.transcript, error, rest);
    if (this.transcript.submitted === undefined || this.transcript.ended !== undefined) return;
    const body: PostBody = {
      kind: 'abort',
      code: error.code,
      detail: publicDetail(error),
      sum: this.transcript.course?.position ?? 0,
      party: (error.parties[0] ?? '').slice(0, 40),
    };
    const [post] = this.#keep([body]);
    this.#parts.deliver(jobId, post as Post, this.#stop.signal).catch(() => {
      // A coordinator that caused this may well refuse to hear it; our own journal has the reason.
    });
  }
}

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

function keyOf(duty: Duty): string {
  switch (duty.kind) {
    case 'issueSumKeys':
      return `${duty.kind}/${duty.request.firstSum}`;
    case 'contribute':
    case 'signSurvivors':
    case 'reveal':
    case 'openSum':
      return `${duty.kind}/${duty.sum.sum}`;
    case 'takeStep':
      return `${duty.kind}/${duty.view.step.number}`;
    default:
      return duty.kind;
  }
}
