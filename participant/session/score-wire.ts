import {
  CodedError,
  type ErrorCode,
  hex,
  type JobId,
  jobId,
  limits,
  type ParticipantName,
  participantName,
  toCodedError,
} from '../../contract/index.js';
import type { SealedMessage } from '../../crypto/sealing/index.js';
import type { ScoreAnswer as WireAnswer } from '../../proto/gen/fedrisk/v1/ScoreAnswer.js';
import type { ScoreQuestion__Output } from '../../proto/gen/fedrisk/v1/ScoreQuestion.js';
import type { SealedScore__Output } from '../../proto/gen/fedrisk/v1/SealedScore.js';

/** A label holder asks for a part of one score; opened and judged by whoever answers. */
export interface ScoreQuestion {
  /** The finished training job. */
  readonly jobId: JobId;
  readonly from: ParticipantName;
  /** 128 bits in hex, drawn by the asker. */
  readonly requestId: string;
  readonly sealed: SealedMessage;
}

/** Sealed for the asker; or a code, which the coordinator reads and which must say nothing of the customer. */
export type ScoreAnswer = { readonly sealed: SealedMessage } | { readonly code: ErrorCode };

const requestId = hex(16);
const signature = hex(64);

/** @throws {CodedError} MESSAGE_MALFORMED for parts of another form, or none. */
export function sealedScore(wire: SealedScore__Output | null | undefined): SealedMessage {
  const signed = signature.safeParse(wire?.signature);
  if (!wire || !signed.success || wire.enc.length > 64 || wire.ciphertext.length > limits.sealedBytes) {
    throw new CodedError('MESSAGE_MALFORMED', 'a sealed score is not of the form it should have');
  }
  return { enc: wire.enc, ciphertext: wire.ciphertext, signature: signed.data };
}

/** @throws {CodedError} MESSAGE_MALFORMED */
export function scoreQuestion(wire: ScoreQuestion__Output): ScoreQuestion {
  const job = jobId.safeParse(wire.jobId);
  const from = participantName.safeParse(wire.from);
  const request = requestId.safeParse(wire.requestId);
  if (!job.success || !from.success || !request.success) {
    throw new CodedError('MESSAGE_MALFORMED', 'a score question is not of the form it should have');
  }
  return { jobId: job.data, from: from.data, requestId: request.data, sealed: sealedScore(wire.sealed) };
}

export function scoreAnswer(request: string, answer: ScoreAnswer): WireAnswer {
  return 'sealed' in answer
    ? { requestId: request, sealed: answer.sealed }
    : { requestId: request, code: answer.code };
}

/** Codes that the coordinator may read of a refusal; any other could tell it something of a customer or of our disk. */
const spoken: ReadonlySet<string> = new Set<ErrorCode>(['SCORE_REFUSED', 'SCORE_TIMEOUT', 'RATE_LIMITED']);

/** What is said of an answer that failed. */
export function spokenCode(thrown: unknown): ErrorCode {
  const { code } = toCodedError(thrown);
  return spoken.has(code) ? code : 'SCORE_REFUSED';
}
