import { hash } from 'node:crypto';
import type { HexDigest } from '../../../contract/index.js';

/** What a sealed message is bound to. */
export type Place = Readonly<Record<string, unknown>>;

/** 32 bytes that a sealed message begins with: of its receiver's key and of its place. */
export function boxOf(key: string, place: Place): Buffer {
  return Buffer.from(hash('sha256', JSON.stringify([key, place]), 'hex'), 'hex');
}

/** 64 bytes in hex that nobody gives but by this function: 32 of the key and 32 of what is signed. */
export function symbolicSignature(key: string, digest: string): string {
  return key + digest;
}

const publicKeys = new Map<string, string>();

export function symbolicSigner(name: string) {
  const publicKey = publicKeys.get(name) ?? hash('sha256', `key of ${name}`, 'hex');
  publicKeys.set(name, publicKey);
  return { publicKey, sign: (digest: HexDigest) => symbolicSignature(publicKey, digest) };
}
