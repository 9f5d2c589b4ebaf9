import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

/** Tags of the fields `events` and `packed` of a SessionResponse. */
const [eventsTag, packedTag] = [42, 50];
const mostRemembered = 1_000;
/** By digest, events in packed messages: a thousand sessions are sent the same one, which is inflated once here. */
const remembered = new Map<string, number>();

/** A SessionResponse that is not packed, with what this one holds. */
export function unpackedMessage(message: Buffer): Buffer {
  for (const { tag, bytes } of fieldsOf(message)) {
    if (tag === packedTag) return inflateRawSync(bytes);
  }
  return message;
}

/** Events in a SessionResponse, packed or not. */
export function countEvents(message: Buffer): number {
  if (message[0] !== packedTag) return [...fieldsOf(message)].filter(({ tag }) => tag === eventsTag).length;
  const key = createHash('sha1').update(message).digest('base64');
  const found = remembered.get(key) ?? countEvents(unpackedMessage(message));
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(key, found);
  return found;
}

/** Fields of an encoded message that has only some with a length before them. */
function* fieldsOf(message: Buffer): Generator<{ readonly tag: number; readonly bytes: Buffer }> {
  for (let at = 0; at < message.length; ) {
    const tag = message[at]!;
    let [length, shift] = [0, 0];
    for (at += 1; ; shift += 7) {
      const byte = message[at++]!;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    yield { tag, bytes: message.subarray(at, at + length) };
    at += length;
  }
}
