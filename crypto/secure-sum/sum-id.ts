import { digestOf, type HexDigest, type JobId, type SumPurpose } from '../../contract/index.js';

/** Names one secure sum; every mask, MAC key and signature is bound to it. */
export interface SumId {
  readonly jobId: JobId;
  /** Training round, from 1; 0 outside training. */
  readonly round: number;
  readonly purpose: SumPurpose;
  /** Number of the sum in its job, from 0. */
  readonly sum: number;
}

/**
 * 32 bytes that stand for (roster digest, sum id, purpose of a derived key, participants), as HKDF info. A digest keeps
 * HKDF's info bounded whatever the names, and its type string keeps keys of different kinds apart.
 */
export function bindingOf(
  kind: 'pair-mask' | 'self-mask' | 'mac' | 'reveal' | 'recovery',
  rosterDigest: HexDigest,
  sumId: SumId,
  members: readonly string[],
): Uint8Array {
  const { jobId, round, purpose, sum } = sumId;
  const digest = digestOf(`fedrisk/v1/${kind}`, {
    rosterDigest,
    sumId: { jobId, round, purpose, sum },
    members: [...members],
  });
  return Buffer.from(digest, 'hex');
}

/**
 * What a participant signs before it reveals anything: exactly these contributions, by digest of
 * their bytes, in this sum under this roster. `members` in any order; the digest takes them sorted by name.
 */
export function survivorDigest(claim: {
  rosterDigest: HexDigest;
  sumId: SumId;
  members: readonly { readonly name: string; readonly digest: HexDigest }[];
}): HexDigest {
  const { jobId, round, purpose, sum } = claim.sumId;
  const members = claim.members
    .map(({ name, digest }) => ({ name, digest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return digestOf('fedrisk/v1/survivors', {
    rosterDigest: claim.rosterDigest,
    sumId: { jobId, round, purpose, sum },
    members,
  });
}
