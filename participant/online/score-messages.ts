import { CodedError, type RosterEntry } from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { openSealed, type SealAad, type SealedMessage, seal } from '../../crypto/sealing/index.js';
import type { OnlineJob } from './online-job.js';

/** What a label holder asks: the same 40 bytes for everybody. */
export interface Question {
  /** SHA-256 of the normalised customer id, 32 bytes. */
  readonly customer: Uint8Array;
  /** Clock of the asker: an old question is not answered, so ids need not be remembered for ever. */
  readonly askedMs: number;
}

/** Why there is no part. In order of the tags on the wire, after `part`. */
export const withheld = ['unknown', 'forbidden', 'exhausted', 'repeated', 'stale', 'unready'] as const;
export type Withheld = (typeof withheld)[number];

/** What a feature holder answers: of one length about one model whatever it is, since the coordinator sees lengths. */
export type Answer =
  | {
      readonly kind: 'part';
      /** What it tells of the customer, by the kind of the model. */
      readonly body: Uint8Array;
    }
  | { readonly kind: Withheld };

const customerBytes = 32;
const questionBytes = customerBytes + 8;

type Purpose = 'online-question' | 'online-answer';

/** Both ends build this from what they expect: a message of another job, roster, request or direction does not open. */
function aadOf(
  { jobId, rosterDigest }: OnlineJob,
  requestId: string,
  purpose: Purpose,
  sender: string,
  receiver: string,
): SealAad {
  return {
    rosterDigest,
    session: `${jobId}/online/${requestId}`,
    sender,
    receiver,
    purpose,
    seq: 0,
    last: true,
  };
}

interface Sending {
  readonly job: OnlineJob;
  readonly signer: Signer;
  readonly requestId: string;
  readonly to: RosterEntry;
}

interface Receiving {
  readonly job: OnlineJob;
  readonly requestId: string;
  readonly from: RosterEntry;
  readonly sealed: SealedMessage;
}

export function sealQuestion(sending: Sending, { customer, askedMs }: Question): Promise<SealedMessage> {
  const plaintext = new Uint8Array(questionBytes);
  plaintext.set(customer);
  new DataView(plaintext.buffer).setFloat64(customerBytes, askedMs);
  return sealTo(sending, 'online-question', plaintext);
}

/** @throws {CodedError} SEALED_INVALID, MESSAGE_MALFORMED naming the sender. */
export async function openQuestion(receiving: Receiving): Promise<Question> {
  const plaintext = await openFrom(receiving, 'online-question', questionBytes);
  const { buffer, byteOffset } = plaintext;
  const askedMs = new DataView(buffer, byteOffset).getFloat64(customerBytes);
  return { customer: plaintext.subarray(0, customerBytes), askedMs };
}

/** @param bodyBytes of any answer about the model. */
export function sealAnswer(sending: Sending, answer: Answer, bodyBytes: number): Promise<SealedMessage> {
  const plaintext = new Uint8Array(1 + bodyBytes);
  if (answer.kind === 'part') plaintext.set(answer.body, 1);
  else plaintext[0] = 1 + withheld.indexOf(answer.kind);
  return sealTo(sending, 'online-answer', plaintext);
}

/** @throws {CodedError} SEALED_INVALID, MESSAGE_MALFORMED naming the sender. */
export async function openAnswer(receiving: Receiving, bodyBytes: number): Promise<Answer> {
  const plaintext = await openFrom(receiving, 'online-answer', 1 + bodyBytes);
  const [tag = 0] = plaintext;
  if (tag === 0) return { kind: 'part', body: plaintext.subarray(1) };
  const kind = withheld[tag - 1];
  if (kind === undefined) throw malformed(receiving.from.name);
  return { kind };
}

function sealTo({ job, signer, requestId, to }: Sending, purpose: Purpose, plaintext: Uint8Array) {
  const aad = aadOf(job, requestId, purpose, job.me, to.name);
  return seal({ receiverKey: to.sealKey, signer, aad, plaintext });
}

async function openFrom(
  { job, requestId, from, sealed }: Receiving,
  purpose: Purpose,
  bytes: number,
): Promise<Uint8Array> {
  const { privateKey, me } = job;
  const aad = aadOf(job, requestId, purpose, from.name, me);
  const plaintext = await openSealed({ ...sealed, privateKey, senderKey: from.identityKey, aad });
  if (plaintext.length !== bytes) throw malformed(from.name);
  return plaintext;
}

function malformed(sender: string): CodedError {
  return new CodedError(
    'MESSAGE_MALFORMED',
    `a score message of ${sender} is not of the form it should have`,
    {
      parties: [sender],
    },
  );
}
