import { CodedError, eventBody, type JobEvent } from '../../contract/index.js';

const bytesMember = '$base64';

/** An event's body as JSON text; bytes become `{"$base64": …}`. */
export function bodyToText(body: JobEvent['body']): string {
  return JSON.stringify(body, function (this: Record<string, unknown>, key, value) {
    // From the holder: a Buffer's own toJSON has already run on `value`.
    const member = this[key];
    return member instanceof Uint8Array ? { [bytesMember]: Buffer.from(member).toString('base64') } : value;
  });
}

/** @throws {CodedError} INTERNAL when the stored text is no event: the store is damaged. */
export function bodyFromText(text: string): JobEvent['body'] {
  const value: unknown = JSON.parse(text, (_key, member) => {
    const base64 = (member as Record<string, unknown> | null)?.[bytesMember];
    return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : member;
  });
  const parsed = eventBody.safeParse(asToday(value));
  if (!parsed.success) {
    throw new CodedError('INTERNAL', 'a stored event cannot be read', { cause: parsed.error });
  }
  return parsed.data;
}

/**
 * Events of 0.1 in the words of today, so that its horizontal jobs can still be listed and shown. There a reveal was sealed
 * to each participant, and there was no fifth job key. They cannot go on: their participants know other duties.
 */
function asToday(value: unknown): unknown {
  const { kind, post } = value as { readonly kind?: unknown; readonly post?: Record<string, unknown> };
  const said = kind === 'posted' ? (post?.body as Record<string, unknown> | undefined) : undefined;
  if (said?.kind === 'keyCommitments' && said.reveal === undefined) {
    return { kind, post: { ...post, body: { ...said, reveal: '0'.repeat(64) } } };
  }
  if (said?.kind === 'sealed' && said.purpose === 'reveal') {
    const { sum, ciphertext } = said;
    return { kind, post: { ...post, body: { kind: 'reveal', sum, ciphertext } } };
  }
  return value;
}
