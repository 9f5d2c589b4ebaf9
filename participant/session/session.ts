import { randomInt } from 'node:crypto';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import {
  CodedError,
  checkCoordinatorVersion,
  eventFromWire,
  type JobEvent,
  type JobId,
  jobId,
  toCodedError,
} from '../../contract/index.js';
import type { SessionRequest } from '../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { SessionResponse__Output } from '../../proto/gen/fedrisk/v1/SessionResponse.js';
import { codedOf, type Link } from './link.js';
import { unpacked } from './packed.js';
import {
  type ScoreAnswer,
  type ScoreQuestion,
  scoreAnswer,
  scoreQuestion,
  spokenCode,
} from './score-wire.js';

type Stream = ClientDuplexStream<SessionRequest, SessionResponse__Output>;

export interface SessionHandlers {
  /** Where each known transcript goes on. */
  cursors(): { jobId: JobId; nextIndex: number }[];
  event(jobId: JobId, event: JobEvent): void;
  /** An event of a job that does not parse; the next one would come in vain. */
  malformed(jobId: JobId, error: CodedError): void;
  connected(version: string): void;
  /** A label holder asks for a part of a score. What it throws is said as a code only. */
  scoreQuestion(question: ScoreQuestion): Promise<ScoreAnswer>;
  /** Called once per lost connection; `error` has a code of the catalogue. */
  disconnected(error: CodedError): void;
}

export interface ProgressReport {
  readonly jobId: JobId;
  readonly sum: number;
  readonly step: string;
  /** 0 to 1. */
  readonly fraction: number;
}

/** Score questions in the works at once; more are refused, so that nobody fills our memory with them. */
const maxAnswering = 64;

/** On average, while an event finds no room in the journal: each comes again with the session. */
const fullPauseMs = 5_000;

/**
 * The one long-lived stream to the coordinator: transcripts down, heartbeats and progress up. Comes back by itself
 * after a break, from the cursors, waiting 0.2 s to 10 s. A silent coordinator counts as gone after three heartbeats.
 */
export class Session {
  readonly #link: Link;
  readonly #version: string;
  readonly #handlers: SessionHandlers;
  #stream: Stream | undefined;
  #retryMs = 200;
  #timers: NodeJS.Timeout[] = [];
  #closed = false;
  #answering = 0;
  #lose: (error: CodedError) => void = () => {};

  constructor(link: Link, version: string, handlers: SessionHandlers) {
    this.#link = link;
    this.#version = version;
    this.#handlers = handlers;
  }

  open(): void {
    if (this.#closed) return;
    this.#clearTimers();
    const { client } = this.#link;
    const stream = client.Session() as Stream;
    this.#stream = stream;
    let lost = false;
    const lose = (error: unknown) => {
      if (lost) return;
      lost = true;
      this.#clearTimers();
      stream.cancel();
      if (this.#closed) return;
      const coded = codedOf(error);
      // No other replica helps a participant that cannot keep what it is shown.
      if (coded.code === 'STORAGE_FULL') this.#retryMs = Math.max(this.#retryMs, fullPauseMs);
      else this.#link.turnFrom(client);
      this.#handlers.disconnected(coded);
      this.#timers.push(setTimeout(() => this.open(), this.#retryMs / 2 + randomInt(this.#retryMs)));
      this.#retryMs = Math.min(this.#retryMs * 2, 10_000);
    };
    this.#lose = lose;
    stream.on('error', lose);
    stream.on('end', () =>
      lose(new CodedError('COORDINATOR_UNREACHABLE', 'the coordinator closed the session')),
    );
    stream.on('data', (message: SessionResponse__Output) => {
      if (lost) return;
      try {
        this.#receive(message, lose);
      } catch (error) {
        lose(error);
      }
    });
    const hello = { version: this.#version, cursors: this.#handlers.cursors(), takesPacked: true };
    stream.write({ body: 'hello', hello });
  }

  /** Progress for people who watch; dropped while there is no connection. */
  report(progress: ProgressReport): void {
    this.#stream?.write({ body: 'progress', progress });
  }

  /** Breaks a connection over which nothing comes, and makes another: to where calls are answered now, if to another replica. */
  renew(): void {
    this.#lose(new CodedError('COORDINATOR_UNREACHABLE', 'the session showed nothing of a job in time'));
  }

  close(): void {
    this.#closed = true;
    this.#clearTimers();
    this.#stream?.end();
    this.#stream?.cancel();
  }

  #receive(message: SessionResponse__Output, lose: (error: unknown) => void): void {
    if (message.welcome && this.#timers.length === 0) {
      checkCoordinatorVersion(message.welcome.version);
      this.#retryMs = 200;
      const heartbeatMs = Math.min(Math.max(message.welcome.heartbeatMs, 500), 60_000);
      this.#timers.push(
        setInterval(() => this.#stream?.write({ body: 'heartbeat', heartbeat: {} }), heartbeatMs),
      );
      this.#watch(heartbeatMs * 3, lose);
      this.#handlers.connected(message.welcome.version);
    }
    this.#lastHeard = performance.now();
    if (message.event) this.#takeEvent(message.event);
    const events = message.packed.length > 0 ? unpacked(message.packed) : message.events;
    for (const event of events) this.#takeEvent(event);
    if (message.scoreQuestion) void this.#answer(message.scoreQuestion);
  }

  /** An answer goes out on the connection there is; who asked over one that broke asks again. */
  async #answer(asked: NonNullable<SessionResponse__Output['scoreQuestion']>): Promise<void> {
    const { requestId } = asked;
    const answer = (given: ScoreAnswer) =>
      this.#stream?.write({ body: 'scoreAnswer', scoreAnswer: scoreAnswer(requestId, given) });
    if (this.#answering >= maxAnswering) {
      answer({ code: 'RATE_LIMITED' });
      return;
    }
    this.#answering += 1;
    try {
      answer(await this.#handlers.scoreQuestion(scoreQuestion(asked)));
    } catch (error) {
      answer({ code: spokenCode(error) });
    } finally {
      this.#answering -= 1;
    }
  }

  #takeEvent({ jobId: name, event }: NonNullable<SessionResponse__Output['event']>): void {
    const named = jobId.safeParse(name);
    if (!named.success) throw new CodedError('MESSAGE_MALFORMED', 'an event without job id');
    let parsed: JobEvent;
    try {
      parsed = eventFromWire(event);
    } catch (error) {
      this.#handlers.malformed(named.data, toCodedError(error));
      return;
    }
    this.#handlers.event(named.data, parsed);
  }

  #lastHeard = 0;

  #watch(silenceMs: number, lose: (error: unknown) => void): void {
    this.#timers.push(
      setInterval(() => {
        if (performance.now() - this.#lastHeard > silenceMs) {
          lose(
            new CodedError('COORDINATOR_UNREACHABLE', `the coordinator was silent for ${silenceMs / 1000} s`),
          );
        }
      }, silenceMs / 3),
    );
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
