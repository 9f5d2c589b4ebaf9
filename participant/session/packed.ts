import { inflateRawSync } from 'node:zlib';
import { CodedError, limits } from '../../contract/index.js';
import type { SessionResponse__Output } from '../../proto/gen/fedrisk/v1/SessionResponse.js';
import { wire } from '../../proto/index.js';

const { responseDeserialize } = wire.ParticipantService.service.Session;

/**
 * The events of a packed message, which is attacker-controlled: it may claim to be as long as any message, no longer, and
 * nothing in it but events is read.
 * @throws {CodedError} MESSAGE_TOO_LARGE when it inflates to more than `limits.messageBytes`, MESSAGE_MALFORMED.
 */
export function unpacked(packed: Uint8Array): SessionResponse__Output['events'] {
  try {
    return responseDeserialize(inflateRawSync(packed, { maxOutputLength: limits.messageBytes })).events;
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const sentence = tooLarge
      ? `packed events are longer than ${limits.messageBytes} bytes`
      : 'packed events are torn';
    throw new CodedError(tooLarge ? 'MESSAGE_TOO_LARGE' : 'MESSAGE_MALFORMED', sentence, { cause });
  }
}
