import { z } from 'zod';
import { hex, isErrorCode, jobId, participantName } from '../../contract/index.js';

const base64 = z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64'));
const sealed = z.object({ enc: base64, ciphertext: base64, signature: hex(64) });
const requestId = hex(16);

/**
 * What replicas write to each other about one score: the question to the replica that has the feature holder's session,
 * and what came of it back to the one that asked. Both are as sealed as on the wire.
 */
const scoreLetter = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('question'),
    /** The replica that waits for the answer. */
    asker: z.string(),
    jobId,
    from: participantName,
    to: participantName,
    requestId,
    sealed,
  }),
  z.object({ kind: z.literal('answer'), holder: participantName, requestId, sealed }),
  z.object({
    kind: z.literal('refusal'),
    holder: participantName,
    requestId,
    code: z.string().refine(isErrorCode),
    detail: z.string(),
  }),
]);

export type ScoreLetter = z.infer<typeof scoreLetter>;

export function letterToText(letter: ScoreLetter): string {
  return JSON.stringify(letter, function (this: Record<string, unknown>, key, value) {
    // From the holder: a Buffer's own toJSON has already run on `value`.
    const member = this[key];
    return member instanceof Uint8Array ? Buffer.from(member).toString('base64') : value;
  });
}

/** A letter, or undefined for one that this version does not know: whoever writes to the database could have left it. */
export function letterFromText(text: string): ScoreLetter | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return scoreLetter.safeParse(value).data;
}
