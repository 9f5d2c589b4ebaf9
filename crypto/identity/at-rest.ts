import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CodedError, type Secret } from '../../contract/index.js';

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM under a 32-byte key with a random 96-bit nonce: nonce ‖ ciphertext ‖ tag. `place` (a file, a
 * record) is authenticated, so a record copied to another place does not open. One key is good for 2^32 records
 * (NIST SP 800-38D §8.3).
 */
export function encryptAtRest(key: Secret, place: string, plaintext: Uint8Array): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key.reveal(), iv).setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws {CodedError} KEYSTORE_LOCKED when key or place is another one, or a bit was changed. */
export function decryptAtRest(key: Secret, place: string, box: Uint8Array): Uint8Array {
  if (box.length < ivBytes + tagBytes) throw locked(place);
  const decipher = createDecipheriv('aes-256-gcm', key.reveal(), box.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(place)).setAuthTag(box.subarray(-tagBytes));
  try {
    const head = decipher.update(box.subarray(ivBytes, -tagBytes));
    return new Uint8Array(Buffer.concat([head, decipher.final()]));
  } catch (cause) {
    throw locked(place, cause);
  }
}

function locked(place: string, cause?: unknown): CodedError<'KEYSTORE_LOCKED'> {
  return new CodedError('KEYSTORE_LOCKED', `${place} does not open with this key`, { cause });
}
