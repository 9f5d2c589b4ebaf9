import { z } from 'zod';
import {
  type Clock,
  CodedError,
  hex,
  isErrorCode,
  type JobId,
  jobId,
  leavesModel,
  type ParticipantName,
  participantName,
  toCodedError,
} from '../../contract/index.js';
import type { AskScoreResponse } from '../../proto/gen/fedrisk/v1/AskScoreResponse.js';
import type { ScoreQuestion } from '../../proto/gen/fedrisk/v1/ScoreQuestion.js';
import type { Caller } from '../identity/index.js';
import type { JobBook, JobLog } from '../jobs/index.js';
import type { Replicas } from '../store/index.js';
import { parse } from './parse.js';
import { RateLimit } from './rate-limit.js';
import { letterFromText, letterToText, type ScoreLetter } from './score-letter.js';
import { UsedIds } from './used-ids.js';

/** One customer's key, one score part, or a bit for each of the most splits a job can have (500 trees of depth 8: 15,938 bytes), sealed. */
const sealedBytes = 16 * 1024;
const bytes = (max: number) =>
  z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length > 0 && value.length <= max,
    `must be 1 to ${max} bytes`,
  );
const sealed = z.object({ enc: bytes(64), ciphertext: bytes(sealedBytes), signature: hex(64) });
const requestId = hex(16);
const askRequest = z.object({ jobId, to: participantName, requestId, sealed });
const scoreAnswer = z
  .object({ requestId, sealed: sealed.nullish(), code: z.string().max(60) })
  .refine((answer) => (answer.sealed ? 1 : 0) + (answer.code ? 1 : 0) === 1, 'must hold a score or a code');

/** Questions of one caller under way at once. */
const mostPending = 64;
/** Questions one caller may ask: it must not wear a feature holder out. */
const pace = { burst: 500, perSecond: 250 };
/** A request id is good once in this time; far longer than an answer may take. The holder looks at it again. */
const idWindowMs = 60_000;
/** Questions of a job between two lines in the log. */
const questionsPerLine = 1000;

/** Writes a question to a session of its receiver; undefined when there is none. */
export type SendQuestion = (to: ParticipantName, question: ScoreQuestion) => object | undefined;

interface Answered {
  readonly sealed: z.infer<typeof sealed>;
}

interface Pending {
  readonly caller: string;
  readonly holder: ParticipantName;
  readonly requestId: string;
  /** The session the question went out on, or the replica that has it; an answer can come on no other way. */
  readonly way: object;
  settle(outcome: Answered | CodedError): void;
}

/**
 * Takes questions for one score from a label holder to a feature holder's session and the answer back. Both are
 * sealed for the other end. Where the session is at another replica they pass as letters through the database, which
 * holds each until it is read. Nothing else of them is stored, and the log holds their number per job.
 */
export class ScoreRelay {
  readonly #limit: RateLimit;
  readonly #used = new UsedIds(idWindowMs);
  readonly #pending = new Map<string, Pending>();
  readonly #asked = new Map<JobId, number>();

  constructor(
    private readonly parts: {
      readonly book: JobBook;
      readonly clock: Clock;
      readonly log: JobLog;
      /** How long a holder may take, milliseconds. */
      readonly answerMs: number;
      /** The other coordinators; undefined where there are none. */
      readonly replicas?: Replicas | undefined;
    },
  ) {
    this.#limit = new RateLimit(parts.clock, pace);
  }

  /**
   * Asks and waits for the answer.
   * @throws {CodedError} ROLE_FORBIDDEN, MESSAGE_UNEXPECTED, MESSAGE_CONFLICT for a repeated id, RATE_LIMITED,
   *   SCORE_TIMEOUT and SCORE_REFUSED naming the feature holder.
   */
  async ask(caller: Caller, request: unknown, send: SendQuestion): Promise<AskScoreResponse> {
    const { jobId, to, requestId, sealed } = parse(askRequest, request);
    await this.#checkCaller(caller, jobId, to);
    this.#limit.take(caller.name);
    if (this.#pendingOf(caller.name) >= mostPending) {
      throw new CodedError('RATE_LIMITED', `${caller.name} has ${mostPending} score questions under way`);
    }
    const key = keyOf(to, requestId);
    if (this.#used.has(`${jobId}/${key}`) || this.#pending.has(key)) {
      throw new CodedError('MESSAGE_CONFLICT', 'the request id was used before; each question draws its own');
    }
    const question = { jobId, from: caller.name, requestId, sealed };
    const way = send(to, question) ?? this.#wayTo(to);
    if (!way) throw notConnected(to);
    // Good once at each replica; the holder itself refuses an id it saw at another.
    this.#used.add(`${jobId}/${key}`, this.parts.clock.now());
    this.#count(jobId);
    const answer = this.#wait(key, { caller: caller.name, holder: to, requestId, way });
    if (way instanceof OtherReplica) {
      this.#write(way.name, { kind: 'question', asker: this.#self, to, ...question }).catch((thrown) =>
        this.#pending.get(key)?.settle(toCodedError(thrown)),
      );
    }
    return answer;
  }

  /** Serves letters of other replicas until the returned function is called. */
  serve(send: SendQuestion): () => Promise<void> {
    const { replicas, log } = this.parts;
    if (!replicas) return async () => {};
    const read = async () => {
      for (const text of await replicas.receive()) {
        const letter = letterFromText(text);
        if (letter) this.#received(letter, send);
      }
    };
    const look = () => {
      read().catch((error) => log.warn({ err: error }, 'letters of other replicas cannot be read'));
    };
    return replicas.listen({ letters: look, reconnected: look });
  }

  /**
   * Takes an answer from a session.
   * @returns false when nobody waits for it any more.
   * @throws {CodedError} MESSAGE_MALFORMED; MESSAGE_UNEXPECTED when somebody else was asked.
   */
  answered(holder: ParticipantName, message: unknown): boolean {
    const { requestId, sealed, code } = parse(scoreAnswer, message);
    const pending = this.#pending.get(keyOf(holder, requestId));
    if (!pending) {
      const another = [...this.#pending.values()].some((one) => one.requestId === requestId);
      if (another) throw new CodedError('MESSAGE_UNEXPECTED', `${holder} answered a question to another`);
      return false;
    }
    pending.settle(sealed ? { sealed } : refusal(holder, code));
    return true;
  }

  /** Questions sent on a session that is over have no answer any more. */
  lost(session: object): void {
    for (const { holder, settle, way } of this.#pending.values()) {
      if (way === session) {
        settle(new CodedError('SCORE_TIMEOUT', `${holder} lost its connection`, { parties: [holder] }));
      }
    }
  }

  async #checkCaller(caller: Caller, jobId: JobId, to: ParticipantName): Promise<void> {
    const { state } = await this.parts.book.find(jobId);
    const { charter } = state;
    if (!leavesModel(charter.spec) || charter.spec.labelHolder !== caller.name) {
      throw new CodedError('ROLE_FORBIDDEN', `${caller.name} is not the label holder of a model of ${jobId}`);
    }
    if (state.kind !== 'finished') {
      throw new CodedError('MESSAGE_UNEXPECTED', `${jobId} has no model: it is ${state.kind}`);
    }
    if (!charter.roster.includes(to) || to === caller.name) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${to} is not a feature holder of ${jobId}`);
    }
  }

  get #self(): string {
    return this.parts.replicas?.self ?? '';
  }

  #wayTo(holder: ParticipantName): OtherReplica | undefined {
    const name = this.parts.book.presence.replicaOf(holder);
    return name === undefined ? undefined : new OtherReplica(name);
  }

  async #write(to: string, letter: ScoreLetter): Promise<void> {
    await this.parts.replicas?.send(to, letterToText(letter));
  }

  #received(letter: ScoreLetter, send: SendQuestion): void {
    if (letter.kind === 'question') {
      this.#pass(letter, send).catch((error) =>
        this.parts.log.warn({ jobId: letter.jobId, err: error }, 'a score answer found no way back'),
      );
      return;
    }
    const { holder, requestId } = letter;
    const pending = this.#pending.get(keyOf(holder, requestId));
    if (!(pending?.way instanceof OtherReplica)) return;
    if (letter.kind === 'answer') pending.settle({ sealed: letter.sealed });
    else pending.settle(new CodedError(letter.code, letter.detail, { parties: [holder] }));
  }

  /** Asks a session here for another replica, which has checked the caller and counted the question. */
  async #pass({ kind: _, asker, to, ...question }: ScoreLetter & { kind: 'question' }, send: SendQuestion) {
    const { from, requestId } = question;
    const about = { holder: to, requestId };
    const key = keyOf(to, requestId);
    try {
      if (this.#pending.has(key)) throw new CodedError('MESSAGE_CONFLICT', 'the request id was used before');
      const way = send(to, question);
      if (!way) throw notConnected(to);
      const { sealed } = await this.#wait(key, { caller: from, ...about, way });
      await this.#write(asker, { kind: 'answer', ...about, sealed });
    } catch (thrown) {
      const { code, message } = toCodedError(thrown);
      await this.#write(asker, { kind: 'refusal', ...about, code, detail: message });
    }
  }

  #wait(key: string, question: Omit<Pending, 'settle'>): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Answered | CodedError) => {
        clearTimeout(timer);
        this.#pending.delete(key);
        if (outcome instanceof CodedError) reject(outcome);
        else resolve(outcome);
      };
      const timer = setTimeout(() => {
        const { holder } = question;
        const sentence = `${holder} did not answer within ${this.parts.answerMs / 1000} s`;
        settle(new CodedError('SCORE_TIMEOUT', sentence, { parties: [holder] }));
      }, this.parts.answerMs);
      this.#pending.set(key, { ...question, settle });
    });
  }

  #pendingOf(caller: string): number {
    return [...this.#pending.values()].filter((pending) => pending.caller === caller).length;
  }

  #count(jobId: JobId): void {
    const questions = (this.#asked.get(jobId) ?? 0) + 1;
    this.#asked.set(jobId, questions);
    if (questions % questionsPerLine === 1) this.parts.log.info({ jobId, questions }, 'score questions');
  }
}

/** The way of a question whose session is not here. */
class OtherReplica {
  constructor(readonly name: string) {}
}

function notConnected(holder: ParticipantName): CodedError {
  return new CodedError('SCORE_TIMEOUT', `${holder} is not connected`, { parties: [holder] });
}

/** The holder's code, where the catalogue has it: a text of its own could say something of the customer. */
function refusal(holder: ParticipantName, code: string): CodedError {
  const reason = isErrorCode(code) ? `: ${code}` : '';
  return new CodedError('SCORE_REFUSED', `${holder} does not answer${reason}`, { parties: [holder] });
}

function keyOf(holder: ParticipantName, requestId: string): string {
  return `${holder}/${requestId}`;
}
