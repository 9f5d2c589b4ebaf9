import { createHash } from 'node:crypto';

export * from '../../../crypto/secure-sum/x25519.js';

export function x25519Public(secret: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(secret).digest());
}
