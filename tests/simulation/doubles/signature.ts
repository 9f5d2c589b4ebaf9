import type { HexDigest } from '../../../contract/index.js';
import { symbolicSignature } from './symbols.js';

/** A party signs with a key that is its public one; nobody in a run forges. */
export function verifySignature(key: string, digest: HexDigest, signature: string): boolean {
  return symbolicSignature(key, digest) === signature;
}

/** Parties of a run get their signers from `symbols.ts`. */
export function generateIdentity(): never {
  throw new Error('a run makes no identities');
}

export { generateIdentity as signerOf };
