import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { CodedError, type HexDigest, Secret } from '../../contract/index.js';

/** RFC 8410 §7: the DER frame around a 32-byte Ed25519 seed in PKCS #8. */
const pkcs8Frame = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Long-term Ed25519 identity (RFC 8032) of a participant; peers pin the public half. */
export interface Identity {
  /** 32 bytes, hex. */
  readonly publicKey: string;
  /** The 32-byte seed. */
  readonly privateKey: Secret;
}

/** Signs digests in the name of one identity. The digest's type string keeps purposes apart. */
export interface Signer {
  /** Ed25519 public key, 32 bytes in hex. */
  readonly publicKey: string;
  /** Ed25519 signature (64 bytes, hex) over the 32 bytes of a digest. */
  sign(digest: HexDigest): string;
}

export function generateIdentity(): Identity {
  const seed = new Uint8Array(randomBytes(32));
  return { publicKey: publicKeyOf(privateKeyObject(seed)), privateKey: new Secret(seed) };
}

/** @throws {CodedError} KEYSTORE_LOCKED when the private key is not a 32-byte seed. */
export function signerOf(privateKey: Secret): Signer {
  const seed = privateKey.reveal();
  if (seed.length !== 32) throw new CodedError('KEYSTORE_LOCKED', 'identity key is not 32 bytes long');
  const key = privateKeyObject(seed);
  return {
    publicKey: publicKeyOf(key),
    sign: (digest) => sign(null, Buffer.from(digest, 'hex'), key).toString('hex'),
  };
}

/** False for a wrong signature and for anything that is not a key, digest and signature of the right length. */
export function verifySignature(publicKey: string, digest: string, signature: string): boolean {
  if (!isHex(publicKey, 32) || !isHex(digest, 32) || !isHex(signature, 64)) return false;
  // As JWK: node takes 6 µs to read one and 76 µs for the same key in DER (measured on Node 20).
  const x = Buffer.from(publicKey, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(digest, 'hex'), key, Buffer.from(signature, 'hex'));
}

function isHex(value: string, bytes: number): boolean {
  return value.length === bytes * 2 && /^[0-9a-f]*$/.test(value);
}

function privateKeyObject(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([pkcs8Frame, seed]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

function publicKeyOf(key: KeyObject): string {
  const { x } = createPublicKey(key as unknown as string).export({ format: 'jwk' });
  return Buffer.from(x!, 'base64url').toString('hex');
}
