import { z } from 'zod';
import { CodedError, type JobId, jobId, limits, toCodedError } from '../../contract/index.js';
import type { SessionRequest__Output } from '../../proto/gen/fedrisk/v1/SessionRequest.js';
import { authenticate, type Caller, type Registry } from '../identity/index.js';
import { isParticipant, type JobBook, progressStep } from '../jobs/index.js';
import type { JobState } from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { parse } from './parse.js';
import type { ScoreRelay, SendQuestion } from './score-relay.js';
import { type Deliver, Session, type SessionCall } from './session.js';

const hello = z.object({
  version: z.string().max(40),
  cursors: z.array(z.object({ jobId, nextIndex: z.int().min(0) })).max(10_000),
});
const progress = z.object({
  jobId,
  sum: z
    .int()
    .min(0)
    .max(limits.sumsPerJob - 1),
  step: z.string().regex(progressStep),
  fraction: z.number().min(0).max(1),
});

/** A session that sends nothing for this many heartbeats is dead: its TCP connection may hang for minutes. */
const silentHeartbeats = 4;
/** Messages of one session between two heartbeats: progress reports come a few times a second. */
const messagesPerHeartbeat = 1000;

export interface SessionParts {
  readonly book: JobBook;
  readonly store: Store;
  readonly registry: Registry;
  readonly deliver: Deliver;
  readonly scores: ScoreRelay;
  readonly heartbeatMs: number;
  readonly version: string;
}

/** All sessions: one per participant, the newest; each hears of changes in its jobs. */
export class SessionHub {
  readonly #parts: SessionParts;
  readonly #sessions = new Map<string, Session>();
  readonly #unsubscribe: () => void;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.book.subscribe((state) => this.#tell(state));
  }

  /** Serves one session until either side ends it. @throws {CodedError} the reason it ended. */
  async serve(caller: Caller, call: SessionCall): Promise<void> {
    if (!isParticipant(caller))
      throw new CodedError('ROLE_FORBIDDEN', `role ${caller.role} holds no session`);
    const { store, deliver, book } = this.#parts;
    const session = new Session(caller.name, call, store, deliver);
    const watch = new Watch(session, this.#parts, call);
    let greeted = false;
    call.on('data', (message: SessionRequest__Output) => {
      try {
        watch.heard();
        if (greeted) this.#take(caller, message, watch);
        else this.#greet(session, parse(hello, message.hello));
        greeted = true;
      } catch (error) {
        session.end(toCodedError(error));
      }
    });
    for (const event of ['end', 'cancelled', 'error']) call.on(event, () => session.end());
    try {
      await session.over;
    } finally {
      watch.stop();
      this.#parts.scores.lost(session);
      if (this.#sessions.get(caller.name) === session) {
        this.#sessions.delete(caller.name);
        book.presence.disconnect(caller.name);
      }
    }
  }

  /** Sends a question on the newest session of its receiver. */
  readonly sendQuestion: SendQuestion = (to, scoreQuestion) => {
    const session = this.#sessions.get(to);
    session?.send({ scoreQuestion });
    return session;
  };

  close(): void {
    this.#unsubscribe();
    for (const session of this.#sessions.values()) session.end();
  }

  #greet(session: Session, { cursors }: z.infer<typeof hello>): void {
    const { book, version, heartbeatMs } = this.#parts;
    this.#sessions
      .get(session.name)
      ?.end(new CodedError('SESSION_ENDED', `a newer session of ${session.name} took over`));
    this.#sessions.set(session.name, session);
    book.presence.connect(session.name);
    session.send({ welcome: { version, heartbeatMs } });
    const known = new Map(cursors.map(({ jobId, nextIndex }) => [jobId, nextIndex]));
    for (const { jobId, state } of book.live()) {
      if (state.charter.roster.includes(session.name)) session.follow(jobId, known.get(jobId) ?? 0);
    }
    for (const [jobId, nextIndex] of known) {
      // A job that is not known here, or cannot be read, has nothing to show.
      this.#followEnded(session, jobId, nextIndex).catch(() => undefined);
    }
  }

  /** A participant asks for the rest of a job that may have ended while it was away. */
  async #followEnded(session: Session, jobId: JobId, nextIndex: number): Promise<void> {
    // Looked up first: participants name every job they remember, and finding one folds its whole transcript.
    const row = await this.#parts.store.findJob(jobId);
    if (row === undefined || row.nextIndex <= nextIndex) return;
    const { state } = await this.#parts.book.find(jobId);
    if (state.charter.roster.includes(session.name)) session.follow(jobId, nextIndex);
  }

  #take(caller: Caller, message: SessionRequest__Output, watch: Watch): void {
    if (message.body === 'heartbeat') return;
    if (message.body === 'scoreAnswer') {
      if (this.#parts.scores.answered(caller.name, message.scoreAnswer)) watch.expected();
      return;
    }
    if (message.body !== 'progress') throw new CodedError('MESSAGE_UNEXPECTED', 'a session greets once');
    const { jobId, ...report } = parse(progress, message.progress);
    const { book } = this.#parts;
    const job = book.live().find((live) => live.jobId === jobId);
    if (!job?.state.charter.roster.includes(caller.name)) return;
    book.presence.report(jobId, caller.name, report);
    book.progressed(job);
  }

  #tell({ charter }: JobState): void {
    for (const name of charter.roster) this.#sessions.get(name)?.follow(charter.jobId, 0);
  }
}

/** Signs of life in both directions, and the certificate looked at again at every beat. */
class Watch {
  readonly #timer: NodeJS.Timeout;
  #silentBeats = 0;
  #messages = 0;

  constructor(
    private readonly session: Session,
    private readonly parts: SessionParts,
    private readonly call: SessionCall,
  ) {
    this.#timer = setInterval(() => this.#beat(), parts.heartbeatMs);
  }

  heard(): void {
    this.#silentBeats = 0;
    this.#messages += 1;
    if (this.#messages > messagesPerHeartbeat) {
      throw new CodedError('RATE_LIMITED', 'too many messages on one session');
    }
  }

  /** An answer that was asked for counts against its question, not against the session. */
  expected(): void {
    this.#messages -= 1;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#messages = 0;
    this.#silentBeats += 1;
    if (this.#silentBeats > silentHeartbeats) {
      this.session.end(new CodedError('SESSION_ENDED', 'the session was silent'));
      return;
    }
    try {
      authenticate(this.parts.registry, this.call);
      this.session.send({ heartbeat: {} });
    } catch (error) {
      this.session.end(toCodedError(error));
    }
  }
}
