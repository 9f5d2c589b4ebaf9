import type { Logger } from 'pino';
import { CodedError, type JobEvent, type JobId, type ParticipantName } from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Journal } from '../journal/index.js';
import { type Duties, JobRunner, JobTranscript, type PinnedPeer } from '../rounds/index.js';
import type { Link } from './link.js';
import type { ScoreAnswer, ScoreQuestion } from './score-wire.js';
import { Session } from './session.js';

/** Jobs a coordinator can have us keep open at once; more are ignored until some end. */
const maxOpenJobs = 64;

export interface NodeParts {
  readonly name: ParticipantName;
  readonly version: string;
  readonly signer: Signer;
  readonly journal: Journal;
  readonly link: Link;
  readonly duties: Duties;
  readonly log: Logger;
  pinned(name: string): PinnedPeer | undefined;
  /** Answers for the own part of a joint model; without it every question is refused. */
  readonly scoreQuestion?: ((question: ScoreQuestion) => Promise<ScoreAnswer>) | undefined;
}

/** A participant at work: one session, one runner per job. */
export class ParticipantNode {
  readonly #parts: NodeParts;
  readonly #runners = new Map<JobId, JobRunner>();
  readonly #session: Session;
  #everConnected: (() => void) | undefined;
  /** Settles at the first welcome; never rejects: an absent coordinator is waited for. */
  readonly connected: Promise<void>;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.connected = new Promise((resolve) => {
      this.#everConnected = resolve;
    });
    this.#session = new Session(parts.link, parts.version, {
      cursors: () => this.#cursors(),
      event: (jobId, event) => this.#event(jobId, event),
      malformed: (jobId, error) => this.#runners.get(jobId)?.refuse(error),
      scoreQuestion: async (question) => {
        if (parts.scoreQuestion === undefined) {
          throw new CodedError('SCORE_REFUSED', 'this participant answers no score questions');
        }
        return parts.scoreQuestion(question);
      },
      connected: (version) => {
        parts.log.info({ coordinatorVersion: version }, 'connected');
        this.#everConnected?.();
        for (const runner of this.#runners.values()) runner.wake();
      },
      disconnected: (error) => parts.log.warn({ code: error.code, reason: error.message }, 'not connected'),
    });
  }

  start(): void {
    for (const { jobId, concluded, state } of this.#parts.journal.jobs()) {
      if (!concluded) this.#runner(jobId);
      else if (state === 'left') this.#sweep(this.#beginningOf(jobId));
    }
    this.#session.open();
  }

  report(jobId: JobId, sum: number, step: string, fraction: number): void {
    this.#session.report({ jobId, sum, step, fraction });
  }

  async close(): Promise<void> {
    this.#session.close();
    // Runners first: they must know that they are stopped when their calls end.
    const stopped = [...this.#runners.values()].map((runner) => runner.close());
    this.#parts.link.close();
    await Promise.all(stopped);
  }

  #cursors(): { jobId: JobId; nextIndex: number }[] {
    const open = [...this.#runners].map(([jobId, { transcript }]) => ({
      jobId,
      nextIndex: transcript.nextIndex,
    }));
    // Concluded jobs need nothing more; a cursor behind any real index keeps the coordinator from replaying them.
    const closed = this.#parts.journal
      .jobs()
      .filter(({ jobId }) => !this.#runners.has(jobId))
      .slice(-1000)
      .map(({ jobId }) => ({ jobId, nextIndex: 2 ** 31 }));
    return [...open, ...closed];
  }

  #event(jobId: JobId, event: JobEvent): void {
    const { journal, log } = this.#parts;
    const known = this.#runners.get(jobId);
    if (known !== undefined) {
      known.take(event);
      if (known.concluded) this.#runners.delete(jobId);
      return;
    }
    if (journal.job(jobId) !== undefined || event.body.kind !== 'submitted') return;
    if (this.#runners.size >= maxOpenJobs) {
      log.warn({ jobId, code: 'RATE_LIMITED' }, 'too many open jobs; a new one is ignored');
      return;
    }
    journal.keepJob(jobId, 'running');
    log.info({ jobId }, 'job received');
    this.#runner(jobId).take(event);
  }

  #runner(jobId: JobId): JobRunner {
    const { name, signer, journal, link, duties, log, pinned } = this.#parts;
    const runner = new JobRunner({
      jobId,
      me: name,
      signer,
      journal,
      pinned,
      deliver: (job, post, signal) => link.post(job, post, signal),
      perform: (duty, transcript, signal) => {
        log.debug({ jobId, duty: duty.kind }, 'duty');
        return duties.perform(duty, transcript, signal);
      },
      ended: (transcript, error, rest) => this.#ended(transcript, error, rest),
    });
    this.#runners.set(jobId, runner);
    runner.wake();
    return runner;
  }

  #ended(transcript: JobTranscript, error: CodedError | undefined, rest: Promise<void>): void {
    const { journal, log } = this.#parts;
    const { jobId } = transcript;
    if (error !== undefined) {
      // Work that was under way still writes until its thread has ended.
      void rest.then(() => this.#sweep(transcript));
      log.error({ jobId, code: error.code, reason: error.message, parties: error.parties }, 'left the job');
    } else {
      log.info({ jobId, state: journal.job(jobId)?.state ?? transcript.ended?.kind }, 'job ended');
    }
    queueMicrotask(() => this.#runners.delete(jobId));
  }

  #sweep(transcript: JobTranscript): void {
    const { duties, log } = this.#parts;
    const { jobId } = transcript;
    void duties
      .sweep(transcript)
      .catch(() => log.warn({ jobId }, 'files of a job that was left are still there'));
  }

  /** A left job as far as its spec: what was contradictory came later. */
  #beginningOf(jobId: JobId): JobTranscript {
    const { name, journal, pinned, log } = this.#parts;
    const transcript = new JobTranscript({ jobId, me: name, pinned });
    const [first] = journal.events(jobId);
    try {
      if (first !== undefined) transcript.apply(first);
    } catch {
      log.debug({ jobId }, 'left at its first event');
    }
    return transcript;
  }
}
