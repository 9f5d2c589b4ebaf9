import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  CodedError,
  concludedCursors as cursors,
  errorCatalogue,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type PostBody,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Journal } from '../journal/index.js';
import type { Observer } from '../observe/index.js';
import { type Duties, type Duty, JobRunner, JobTranscript, type PinnedPeer } from '../rounds/index.js';
import { unlessAborted } from '../training/index.js';
import type { Link } from './link.js';
import type { ScoreAnswer, ScoreQuestion } from './score-wire.js';
import { Session } from './session.js';

/** Jobs a coordinator can have us keep open at once; more are ignored until some end. */
const maxOpenJobs = 64;
/** How long a refused call waits for the session to show where its job stands. */
const shownMs = 20_000;
const lookMs = 50;

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
  /** Metrics and traces. */
  readonly observer?: Observer | undefined;
}

/** A participant at work: one session, one runner per job. */
export class ParticipantNode {
  readonly #parts: NodeParts;
  readonly #runners = new Map<JobId, JobRunner>();
  readonly #session: Session;
  /** Cursors of open jobs that this session has not answered yet. */
  readonly #asked = new Map<JobId, number>();
  /** Jobs of which this session has shown an event. */
  readonly #compared = new Set<JobId>();
  /** Jobs of which any session of this process has. */
  readonly #met = new Set<JobId>();
  #everConnected: (() => void) | undefined;
  #connection = new Connection();
  /** Whether the log has it that nothing can be stored here; until something was. */
  #saidNoRoom = false;
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
        const answered = parts.scoreQuestion(question);
        answered.then(
          (answer) => parts.observer?.answered('code' in answer ? answer.code : 'answered'),
          (error) => parts.observer?.answered(toCodedError(error).code),
        );
        return answered;
      },
      connected: (version) => {
        parts.log.info({ coordinatorVersion: version }, 'connected');
        parts.observer?.connected(true);
        this.#everConnected?.();
        this.#connection.make();
        for (const runner of this.#runners.values()) runner.resume();
      },
      disconnected: (error) => {
        this.#compared.clear();
        if (this.#connection.isMade) {
          this.#connection.broken.abort();
          this.#connection = new Connection();
        }
        parts.observer?.connected(false);
        if (error.code === 'STORAGE_FULL') return this.#noRoom(error);
        parts.log.warn({ code: error.code, reason: error.message, ...callOf(error) }, 'not connected');
      },
    });
  }

  start(): void {
    for (const { jobId, concluded, state } of this.#parts.journal.jobs()) {
      if (!concluded) this.#runner(jobId);
      else if (state === 'left') this.#sweep(this.#beginningOf(jobId));
    }
    this.#session.open();
  }

  /** Jobs this participant takes part in now. */
  get openJobs(): number {
    return this.#runners.size;
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
    this.#asked.clear();
    for (const { jobId, nextIndex } of open) this.#asked.set(jobId, nextIndex);
    // Concluded jobs need nothing more: a cursor behind any real index says so, and whether we saw the job's end.
    const closed = this.#parts.journal
      .jobs()
      .filter(({ jobId }) => !this.#runners.has(jobId))
      .slice(-1000)
      .map(({ jobId, state }) => ({ jobId, nextIndex: state === 'left' ? cursors.left : cursors.ended }));
    return [...open, ...closed];
  }

  #event(jobId: JobId, event: JobEvent): void {
    const { journal, log } = this.#parts;
    const known = this.#runners.get(jobId);
    if (known !== undefined) {
      const asked = this.#asked.get(jobId);
      this.#asked.delete(jobId);
      // A session goes on with the last event we have, or behind it. One that begins earlier has no later one.
      if (asked !== undefined && event.index < asked - 1) {
        known.refuse(
          new CodedError(
            'TRANSCRIPT_BEHIND',
            `the coordinator has ${event.index + 1} events of this job and showed ${asked} before`,
          ),
        );
      }
      const before = known.transcript.nextIndex;
      known.take(event);
      if (known.transcript.nextIndex > before) this.#saidNoRoom = false;
      this.#see(jobId);
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
    this.#see(jobId);
    this.#runner(jobId).take(event);
  }

  #see(jobId: JobId): void {
    this.#compared.add(jobId);
    this.#met.add(jobId);
  }

  #runner(jobId: JobId): JobRunner {
    const { name, signer, journal, link, duties, log, pinned, observer } = this.#parts;
    const runner = new JobRunner({
      jobId,
      me: name,
      signer,
      journal,
      pinned,
      deliver: (job, posts, signal) =>
        this.#judged(jobId, signal, async () => {
          try {
            await this.#overSession(jobId, signal, (either) => link.post(job, posts, either));
          } catch (error) {
            const { body } = posts[0]!;
            if (!signal.aborted) this.#refused({ jobId, said: body.kind, ...placeOf(body) }, error);
            throw error;
          }
        }),
      perform: (duty, transcript, signal, ofJob) => {
        const told = { jobId, kind: duty.kind, ...placeOfDuty(duty) };
        log.debug({ jobId, duty: duty.kind, ...placeOfDuty(duty) }, 'duty');
        const work = async () => {
          if (transcript.ended === undefined) await this.#shown(this.#met, jobId, signal);
          signal.throwIfAborted();
          return duties.perform(duty, transcript, signal, ofJob);
        };
        return this.#judged(jobId, signal, () => (observer ? observer.duty(told, signal, work) : work()));
      },
      ended: (transcript, error, rest) => this.#ended(transcript, error, rest),
      noRoom: (error) => this.#noRoom(error),
    });
    this.#runners.set(jobId, runner);
    runner.wake();
    return runner;
  }

  /**
   * Calls come back before the session does: when the coordinator says that we broke the protocol, or knows nothing of
   * what it showed, it may itself have been set back. So the session is given time to show where the job stands before that counts.
   */
  async #judged<T>(jobId: JobId, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const { code, call } = toCodedError(thrown);
      const denied = errorCatalogue[code].kind === 'protocol' || code === 'ROUND_UNKNOWN';
      if (call !== '' && denied) await this.#compare(jobId, signal);
      throw thrown;
    }
  }

  /** Once there is a coordinator again; over a second connection where the first shows nothing: its replica may hang. */
  async #compare(jobId: JobId, signal: AbortSignal): Promise<void> {
    for (const renewable of [true, false]) {
      await unlessAborted(this.#connection.made, signal).catch(() => undefined);
      await this.#shown(this.#compared, jobId, signal);
      if (this.#compared.has(jobId) || !this.#runners.has(jobId) || signal.aborted) return;
      if (renewable) this.#session.renew();
    }
  }

  /**
   * Waits until an event of the job was shown, but not for long. Nothing is done in a job before: a journal that was set
   * back does not know what we did already, and the transcript does.
   */
  async #shown(jobs: ReadonlySet<JobId>, jobId: JobId, signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    // Of a job that we left no event counts any more.
    while (!jobs.has(jobId) && this.#runners.has(jobId) && performance.now() - startMs < shownMs) {
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /**
   * Says something while a session stands that has shown where the job is, or had the time to: a coordinator that was set
   * back takes posts again before it has shown anybody what it lost. Without a coordinator it waits, as the call would.
   */
  async #overSession(jobId: JobId, signal: AbortSignal, say: (signal: AbortSignal) => Promise<void>) {
    for (;;) {
      await unlessAborted(this.#connection.made, signal);
      await this.#shown(this.#compared, jobId, signal);
      const { broken } = this.#connection;
      try {
        return await say(AbortSignal.any([signal, broken.signal]));
      } catch (thrown) {
        if (!broken.signal.aborted || signal.aborted) throw thrown;
      }
    }
  }

  /** A full disk is said once, not at every try: the log may lie on it too. */
  #noRoom({ code, message }: CodedError): void {
    if (this.#saidNoRoom) return;
    this.#saidNoRoom = true;
    this.#parts.log.error({ code, reason: message }, 'the disk takes nothing: jobs wait until it does');
  }

  /** A post that the coordinator did not take; whether the job goes on is the runner's to say. */
  #refused(what: object, thrown: unknown): void {
    const error = toCodedError(thrown);
    this.#parts.observer?.refused(error);
    this.#parts.log.warn(
      { ...what, code: error.code, reason: error.message, ...callOf(error) },
      'a post is refused',
    );
  }

  #ended(transcript: JobTranscript, error: CodedError | undefined, rest: Promise<void>): void {
    const { journal, log } = this.#parts;
    const { jobId } = transcript;
    if (error !== undefined) {
      // Work that was under way still writes until its thread has ended.
      void rest.then(() => this.#sweep(transcript));
      this.#parts.observer?.left(error);
      log.error(
        {
          ...{ jobId, ...standing(transcript), code: error.code, reason: error.message },
          ...{ parties: error.parties, ...callOf(error) },
        },
        'left the job',
      );
    } else {
      log.info({ jobId, state: journal.job(jobId)?.state ?? transcript.ended?.kind }, 'job ended');
    }
    this.#met.delete(jobId);
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
    const first = journal.submission(jobId);
    try {
      if (first !== undefined) transcript.apply(first);
    } catch {
      log.debug({ jobId }, 'left at its first event');
    }
    return transcript;
  }
}

/** One connection of the session: made at its welcome, then broken. */
class Connection {
  readonly broken = new AbortController();
  isMade = false;
  #make: () => void = () => {};
  readonly made = new Promise<void>((resolve) => {
    this.#make = resolve;
  });

  make(): void {
    this.isMade = true;
    this.#make();
  }
}

/** The sum or step a duty belongs to. */
function placeOfDuty(duty: Duty): { sum?: number; step?: number } {
  if ('sum' in duty) return { sum: duty.sum.sum };
  return 'view' in duty ? { step: duty.view.step.number } : {};
}

function placeOf(body: PostBody): { sum?: number; step?: number } {
  return {
    ...('sum' in body && { sum: body.sum }),
    ...('step' in body && typeof body.step === 'number' && { step: body.step }),
  };
}

/** Where the job stood. */
function standing({ course }: JobTranscript): { sum?: number; step?: number } {
  if (course === undefined) return {};
  return course.mode === 'vertical' ? { step: course.position } : { sum: course.position };
}

/** The id under which the coordinator's log has a call that it refused. */
function callOf({ call }: CodedError): { call?: string } {
  return call === '' ? {} : { call };
}
