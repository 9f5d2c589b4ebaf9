import { createHash, X509Certificate } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';

/** SHA-256 of a certificate's DER, hex: what tokens, cards and roster entries name a certificate by. */
export function certificateFingerprint(certificate: string | Uint8Array): HexDigest {
  const der = typeof certificate === 'string' ? new X509Certificate(certificate).raw : certificate;
  return createHash('sha256').update(der).digest('hex') as HexDigest;
}

/**
 * The first 128 bits of a key or fingerprint as people read it out by telephone: eight groups of four digits.
 * Making another Ed25519 key that begins with the same 128 bits takes about 2^128 tries.
 */
export function spokenFingerprint(hexKey: string): string {
  return (hexKey.slice(0, 32).match(/.{1,4}/g) ?? []).join(' ');
}

/** What a person typed, back to plain hex: case, blanks, colons and dashes do not matter. */
export function typedFingerprint(typed: string): string {
  return typed.toLowerCase().replace(/[\s:-]/g, '');
}
