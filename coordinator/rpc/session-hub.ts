import { z } from 'zod';
import {
  CodedError,
  concludedCursors,
  isOutage,
  type JobId,
  jobId,
  knows,
  limits,
  neededRelease,
  participantRelease,
  toCodedError,
} from '../../contract/index.js';
import type { SessionRequest__Output } from '../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { Caller, Registry } from '../identity/index.js';
import { isParticipant, type JobBook, type JobLog, progressStep } from '../jobs/index.js';
import type { JobState } from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { Bursts } from './bursts.js';
import { EventFeed } from './event-feed.js';
import { News } from './news.js';
import { parse } from './parse.js';
import type { ScoreRelay, SendQuestion } from './score-relay.js';
import { type Deliver, Session, type SessionCall } from './session.js';
import { unreadHeartbeats } from './taken.js';
import { Turns } from './turns.js';

const hello = z.object({
  version: z.string().max(40),
  cursors: z.array(z.object({ jobId, nextIndex: z.int().min(0) })).max(2_000),
  takesPacked: z.boolean().default(false),
});
const progress = z.object({
  jobId,
  sum: z
    .int()
    .min(0)
    .max(Math.max(limits.sumsPerJob, limits.stepsPerJob) - 1),
  step: z.string().regex(progressStep),
  fraction: z.number().min(0).max(1),
});

/**
 * Sessions whose next message is on its way: 24 KiB that are not the others', and as much again in TLS. Of those who do not
 * take theirs the others wait for a quarter of a second.
 */
const showingTurns = { most: 128, mostEach: 1, heldMs: 250 };
/** A session that sends nothing for this many heartbeats is dead: its TCP connection may hang for minutes. */
const silentHeartbeats = 4;
/** Messages of one session between two heartbeats: progress reports come a few times a second. */
const messagesPerHeartbeat = 1000;

export interface SessionParts {
  readonly book: JobBook;
  readonly store: Store;
  readonly registry: Registry;
  /** Tests with a coordinator that lies; an honest one shows every event as it is. */
  readonly deliver?: Deliver | undefined;
  readonly scores: ScoreRelay;
  readonly heartbeatMs: number;
  readonly version: string;
  readonly log: JobLog;
}

/** All sessions: one per participant, the newest; each hears of changes in its jobs. */
export class SessionHub {
  readonly #parts: SessionParts;
  readonly #feed: EventFeed;
  readonly #bursts: Bursts;
  readonly #turns = new Turns(showingTurns);
  readonly #sessions = new Map<string, Session>();
  readonly #news = new News((state) => this.#tell(state));
  readonly #unsubscribe: () => void;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#feed = new EventFeed(parts.store);
    this.#bursts = new Bursts(this.#feed);
    this.#unsubscribe = parts.book.subscribe((state) => this.#news.changed(state));
  }

  /** Serves one session until either side ends it. @throws {CodedError} the reason it ended. */
  async serve(caller: Caller, call: SessionCall): Promise<void> {
    if (!isParticipant(caller))
      throw new CodedError('ROLE_FORBIDDEN', `role ${caller.role} holds no session`);
    // It may have hung up while the registry was asked.
    if (call.cancelled) return;
    const { deliver, book } = this.#parts;
    const session = new Session(caller.name, call, this.#feed, this.#bursts, this.#turns, deliver);
    const watch = new Watch(session, caller, this.#parts);
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
    return session?.send({ scoreQuestion }) ? session : undefined;
  };

  /** Names of participants with a session here. */
  open(): string[] {
    return [...this.#sessions.keys()];
  }

  close(): void {
    this.#unsubscribe();
    this.#news.close();
    const why = new CodedError('SESSION_ENDED', 'the coordinator closes; come back in a moment');
    for (const session of this.#sessions.values()) session.end(why);
  }

  #greet(session: Session, { cursors, version: its, takesPacked }: z.infer<typeof hello>): void {
    const { book, version, heartbeatMs } = this.#parts;
    session.release = participantRelease(its, session.name);
    session.takesPacked = takesPacked;
    this.#sessions
      .get(session.name)
      ?.end(new CodedError('SESSION_ENDED', `a newer session of ${session.name} took over`));
    this.#sessions.set(session.name, session);
    book.presence.connect(session.name);
    session.send({ welcome: { version, heartbeatMs } });
    const known = new Map(cursors.map(({ jobId, nextIndex }) => [jobId, nextIndex]));
    // Also of jobs that this replica has yet to hear of. The last event that a participant has is shown once more: if
    // it has another one there, this store was set back and the two would never agree again.
    for (const [jobId, nextIndex] of known) session.startAt(jobId, Math.max(nextIndex - 1, 0));
    for (const { jobId, state } of book.live()) {
      if (state.charter.roster.includes(session.name)) this.#show(session, state, known.get(jobId) ?? 0);
    }
    for (const [jobId, nextIndex] of known) {
      if (nextIndex === concludedCursors.ended) this.#sawEnd(session, jobId).catch(() => undefined);
      if (nextIndex >= concludedCursors.left) continue;
      // A job that is not known here, or cannot be read, has nothing to show. A store that is away may have.
      this.#followEnded(session, jobId, nextIndex).catch((thrown) => {
        const error = toCodedError(thrown);
        if (isOutage(error.code)) session.end(error);
      });
    }
  }

  /** A participant asks for the rest of a job that may have ended while it was away. */
  async #followEnded(session: Session, jobId: JobId, nextIndex: number): Promise<void> {
    // Looked up first: participants name every job they remember, and finding one folds its whole transcript.
    const row = await this.#parts.store.findJob(jobId);
    if (row === undefined) return;
    const behind = row.nextIndex < nextIndex;
    const { state } = await this.#parts.book.find(jobId);
    if (!state.charter.roster.includes(session.name)) return;
    if (behind) {
      // Whoever says so untruly ends the job, which it could by any false word. It is shown what there is, and leaves.
      this.#parts.log.error(
        {
          ...{ jobId, code: 'TRANSCRIPT_BEHIND', participant: session.name },
          ...{ stored: row.nextIndex, seen: nextIndex },
        },
        'a participant has seen more of a job than is stored here: an older copy of the store is in use',
      );
      // From the beginning: what it was not shown before it would not be shown now, and the last event may be sealed for others.
      session.startAt(jobId, 0);
    }
    this.#show(session, state, nextIndex);
  }

  /** A job that goes on here though a participant saw it end will not be served by that one: nobody need wait for it. */
  async #sawEnd(session: Session, jobId: JobId): Promise<void> {
    const job = this.#parts.book.live().find((each) => each.jobId === jobId);
    if (!job?.state.charter.roster.includes(session.name) || !(await job.setBack(session.name))) return;
    this.#parts.log.error(
      { jobId, code: 'TRANSCRIPT_BEHIND', participant: session.name, stored: job.nextIndex },
      'a participant has seen the end of a job that is not stored here: an older copy of the store is in use',
    );
  }

  /** A participant whose version cannot take part would leave without a word: it is not shown the job, which is told. */
  #show(session: Session, { charter: { jobId, spec }, nextIndex }: JobState, fromIndex: number): void {
    const { name, release } = session;
    const needed = neededRelease(spec);
    if (knows(release, needed)) return session.follow(jobId, fromIndex, nextIndex);
    const detail = `${name} runs ${release}, the job needs ${needed}: the operator of ${name} upgrades it`;
    const job = this.#parts.book.live().find((each) => each.jobId === jobId);
    job?.outdated(name, detail).catch((err) => {
      this.#parts.log.warn({ jobId, err }, 'a job could not be told of an outdated participant');
    });
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

  #tell(state: JobState): void {
    for (const name of state.charter.roster) {
      const session = this.#sessions.get(name);
      if (session !== undefined) this.#show(session, state, 0);
    }
  }
}

/** Signs of life in both directions, and the certificate looked at again at every beat. */
class Watch {
  readonly #timer: NodeJS.Timeout;
  #silentBeats = 0;
  #unreadBeats = 0;
  #takenBefore = 0;
  #messages = 0;

  constructor(
    private readonly session: Session,
    private readonly caller: Caller,
    private readonly parts: SessionParts,
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
    if (this.#isUnread()) {
      this.session.end(new CodedError('SESSION_ENDED', 'the session took nothing of what it was sent'));
      return;
    }
    this.parts.registry.caller(this.caller.certificateFingerprint).then(
      () => this.#sign(),
      (error) => this.#refused(toCodedError(error)),
    );
  }

  /** Whether something has waited through too many beats, none of it taken. */
  #isUnread(): boolean {
    const { isWaiting, taken } = this.session;
    this.#unreadBeats = isWaiting && taken === this.#takenBefore ? this.#unreadBeats + 1 : 0;
    this.#takenBefore = taken;
    return this.#unreadBeats > unreadHeartbeats;
  }

  /** What waits already is as good a sign of life, once it is taken. */
  #sign(): void {
    if (!this.session.isWaiting) this.session.send({ heartbeat: {} });
  }

  /** A store that is away for a moment is no reason: whoever sees it is asked again at the next beat. */
  #refused(error: CodedError): void {
    if (isOutage(error.code)) this.#sign();
    else this.session.end(error);
  }
}
