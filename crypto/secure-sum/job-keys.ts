import { createHash, createHmac, randomBytes } from 'node:crypto';
import { CodedError, type HexDigest, type ParameterSetName, Secret } from '../../contract/index.js';
import { makeSecretKey, parameterSet, secretKeyBytes } from '../he/index.js';
import type { RandomBytes } from './sum-keys.js';

const KEY_BYTES = 32;

/** Keys that all participants of a job share and the coordinator never sees. */
export interface JobKeys {
  /** HE secret keys. */
  readonly heNarrow: Secret;
  readonly heWide: Secret;
  /** Key of the linear MACs. */
  readonly mac: Secret;
  /** Key of model fingerprints. */
  readonly fingerprint: Secret;
  /** Key of reveals (reveal.ts). */
  readonly reveal: Secret;
}

export type JobKeyCommitments = Readonly<Record<keyof JobKeys, HexDigest>>;

/** Order and length of the keys in their encoded form: 1632 bytes. */
const layout = [
  ['heNarrow', secretKeyBytes(parameterSet('narrow'))],
  ['heWide', secretKeyBytes(parameterSet('wide'))],
  ['mac', KEY_BYTES],
  ['fingerprint', KEY_BYTES],
  ['reveal', KEY_BYTES],
] as const satisfies readonly (readonly [keyof JobKeys, number])[];

/** First participant of the roster: fresh keys, HE keys from SEAL's own operating-system randomness. */
export async function makeJobKeys(random: RandomBytes = randomBytes): Promise<JobKeys> {
  return {
    heNarrow: await makeSecretKey('narrow'),
    heWide: await makeSecretKey('wide'),
    mac: new Secret(Uint8Array.from(random(KEY_BYTES))),
    fingerprint: new Secret(Uint8Array.from(random(KEY_BYTES))),
    reveal: new Secret(Uint8Array.from(random(KEY_BYTES))),
  };
}

export function heKeyOf(keys: JobKeys, set: ParameterSetName): Secret {
  return set === 'narrow' ? keys.heNarrow : keys.heWide;
}

/** SHA-256 under one type string each; the keys have full entropy, so the commitments hide them. */
export function jobKeyCommitments(keys: JobKeys): JobKeyCommitments {
  const commit = (name: keyof JobKeys) =>
    createHash('sha256')
      .update(`fedrisk/v1/job-key/${name}\0`)
      .update(keys[name].reveal())
      .digest('hex') as HexDigest;
  return {
    heNarrow: commit('heNarrow'),
    heWide: commit('heWide'),
    mac: commit('mac'),
    fingerprint: commit('fingerprint'),
    reveal: commit('reveal'),
  };
}

/** Body of a sealed 'job-keys' message, and the form to store encrypted at rest. */
export function encodeJobKeys(keys: JobKeys): Uint8Array {
  return new Uint8Array(Buffer.concat(layout.map(([name]) => keys[name].reveal())));
}

/**
 * Keys as received, checked against the commitments that everybody signs.
 * @throws {CodedError} COMMITMENT_MISMATCH on another length or other keys than committed to.
 */
export function decodeJobKeys(bytes: Uint8Array, commitments: JobKeyCommitments): JobKeys {
  const keys = unpackJobKeys(bytes);
  const computed = jobKeyCommitments(keys);
  for (const [name] of layout) {
    if (computed[name] !== commitments[name]) {
      throw new CodedError('COMMITMENT_MISMATCH', `job key ${name} is not the one committed to`);
    }
  }
  return keys;
}

/** Own keys read back from the journal; foreign ones go through decodeJobKeys. @throws {CodedError} COMMITMENT_MISMATCH on another length. */
export function unpackJobKeys(bytes: Uint8Array): JobKeys {
  const total = layout.reduce((sum, [, size]) => sum + size, 0);
  if (bytes.length !== total)
    throw new CodedError('COMMITMENT_MISMATCH', `job keys have ${bytes.length} bytes`);
  let at = 0;
  const take = (size: number) => {
    at += size;
    return new Secret(bytes.slice(at - size, at));
  };
  return Object.fromEntries(layout.map(([name, size]) => [name, take(size)])) as unknown as JobKeys;
}

/** Fingerprint that the coordinator may see: HMAC-SHA256, because a plain digest of a small model can be guessed. */
export function keyedFingerprint(key: Secret, bytes: Uint8Array): HexDigest {
  return createHmac('sha256', key.reveal()).update(bytes).digest('hex') as HexDigest;
}
