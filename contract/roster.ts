import { digestOf } from './canonical.js';
import type { HexDigest, ParticipantName } from './ids.js';
import type { PostOf } from './post.js';

/** One participant of a job as all others see it: its signed Join post under its name. */
export interface RosterEntry extends Omit<PostOf<'join'>, 'kind'> {
  readonly name: ParticipantName;
}

/** Entries in roster order: by name, in UTF-16 code units (names are ASCII). The order is part of the protocol. */
export function inRosterOrder<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Digest of the whole roster; every participant computes its own and signs it (PROTOCOLS §1). */
export function rosterDigest(specDigest: HexDigest, entries: readonly RosterEntry[]): HexDigest {
  return digestOf('fedrisk/v1/roster', {
    specDigest,
    entries: inRosterOrder(entries).map((entry) => ({ ...entry })),
  });
}

/** Digest of the commitments to the job's shared keys, signed together with the roster. */
export function commitmentsDigest(commitments: PostOf<'keyCommitments'>): HexDigest {
  return digestOf('fedrisk/v1/key-commitments', { ...commitments });
}

/**
 * Digest of those who have mask keys for the sums of a batch that closed without some, in roster order. Contributions
 * carry it, so that nobody can be led to mask with others than the rest does.
 */
export function keyedDigest(firstSum: number, names: readonly ParticipantName[]): HexDigest {
  return digestOf('fedrisk/v1/keyed', { firstSum, names: [...names] });
}

/** Stands in roster signatures of vertical jobs, where every participant keeps its own keys. */
export const noSharedKeys: HexDigest = digestOf('fedrisk/v1/no-shared-keys', {});

/** Digest over everybody's report at the end of a vertical job, in roster order: what its `finished` event carries. */
export function verticalModelDigest(
  names: readonly ParticipantName[],
  fingerprintOf: (name: ParticipantName) => string,
): HexDigest {
  return digestOf('fedrisk/v1/vertical-model', { reports: names.map((name) => [name, fingerprintOf(name)]) });
}
