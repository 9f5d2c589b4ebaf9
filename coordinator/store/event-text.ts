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
  const parsed = eventBody.safeParse(value);
  if (!parsed.success) {
    throw new CodedError('INTERNAL', 'a stored event cannot be read', { cause: parsed.error });
  }
  return parsed.data;
}
