import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';

/** DER wrapping of raw X25519 keys (RFC 8410): all that stands before the 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

function privateKey(secret: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, secret]), format: 'der', type: 'pkcs8' });
}

/** Public key of a 32-byte secret (RFC 7748, §6.1). */
export function x25519Public(secret: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' });
  return Uint8Array.from(der.subarray(spkiPrefix.length));
}

/** Shared secret, 32 bytes. Throws on a public key of small order: OpenSSL refuses the all-zero result. */
export function x25519Shared(secret: Uint8Array, peer: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({
    key: Buffer.concat([spkiPrefix, peer]),
    format: 'der',
    type: 'spki',
  });
  return diffieHellman({ privateKey: privateKey(secret), publicKey });
}
