import { hash } from 'node:crypto';
import type { HexDigest } from './ids.js';

export type Canonical =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

/**
 * RFC 8785 (JSON Canonicalization Scheme). ECMAScript's own number and string serialisation is what
 * the RFC prescribes, so only key order needs care: UTF-16 code units, which is `sort()`'s default.
 * Bytes become base64url strings; undefined members are left out.
 * @throws {TypeError} on non-finite numbers, integers beyond 2^53 (send those as strings) and lone surrogates.
 */
export function canonicalJson(value: Canonical): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    return canonicalString(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON: number is not finite');
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new TypeError('canonical JSON: integer beyond 2^53, send it as a string');
    }
    return JSON.stringify(value);
  }
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64url'));
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Canonical)).join(',')}]`;
  const members = value as Readonly<Record<string, Canonical | undefined>>;
  let text = '';
  for (const key of Object.keys(members).sort()) {
    const item = members[key];
    if (item !== undefined) text += `${text && ','}${canonicalString(key)}:${canonicalJson(item)}`;
  }
  return `{${text}}`;
}

function canonicalString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('canonical JSON: string with a lone surrogate');
  return JSON.stringify(value);
}

/**
 * SHA-256 over a type string, a zero byte and the canonical JSON of a value (PROTOCOLS §1).
 * The type string keeps digests of different things apart; it has no zero byte.
 */
export function digestOf(type: `fedrisk/v1/${string}`, value: Canonical): HexDigest {
  // In one call: half the time of a hash object, which counts for digests of posts.
  return hash('sha256', `${type}\0${canonicalJson(value)}`, 'hex') as HexDigest;
}
