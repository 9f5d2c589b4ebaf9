import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { CodedError, type HexDigest, type RecoveryCause, type Secret } from '../../contract/index.js';
import { MASK_SHARE_BYTES, SEED_OPENING_BYTES, SELF_SHARE_BYTES, TAG_BYTES } from './reveal-size.js';
import { bindingOf, type SumId } from './sum-id.js';

/** A key encrypts one message, so its nonce may be fixed: a sender reveals for one S, and says the same bytes again. */
const NONCE = new Uint8Array(12);

/** What a reveal is about: S, the digest of S that Q participants signed, and whose secrets its sender holds shares of. */
export interface Survivors {
  /** Those with mask keys for the sum, in roster order. */
  readonly owners: readonly string[];
  readonly members: readonly string[];
  readonly digest: HexDigest;
}

/** Where a reveal belongs; of no use at any other place. */
export interface RevealPlace {
  /** The job's key of reveals. */
  readonly key: Secret;
  readonly rosterDigest: HexDigest;
  readonly sumId: SumId;
  readonly sender: string;
}

/** What one participant opens of a sum. */
export interface Revealed {
  /** b_i ‖ salt of the sender; undefined when it is outside S. */
  readonly seed: Uint8Array | undefined;
  /** Shares of mask secrets, by owner: the sender's neighbours outside S, and itself when it is. */
  readonly maskShares: ReadonlyMap<string, Uint8Array>;
}

/**
 * What a participant says once a quorum signed S, for the whole roster: its own b_i ‖ salt when it is in S, and in roster
 * order its share of the mask secret of each owner outside S. Never anything of both kinds for one participant: with both,
 * whoever has the HE key can take every mask off x_i. Encrypted against the coordinator only, since all participants may
 * read it; the signature of its post says who sent it.
 * @param own b_i ‖ salt, 48 bytes; undefined when the sender is outside S.
 * @param maskShareOf the share of an owner's mask secret that this participant was given, its own included.
 * @returns AES-256-GCM ciphertext ‖ tag; 48 bytes for a member, 33 per owner outside S, 16 for the tag.
 */
export function sealReveal(
  place: RevealPlace,
  survivors: Survivors,
  own: Uint8Array | undefined,
  maskShareOf: (owner: string) => Uint8Array | undefined,
): Uint8Array {
  const member = survivors.members.includes(place.sender);
  const seed = member ? [needed(own, place.sender)] : [];
  const shares = outside(survivors).map((name) => needed(maskShareOf(name), name));
  return sealed(keyAt(place, 'reveal'), survivors.digest, [...seed, ...shares]);
}

/**
 * What one reveal holds.
 * @throws {CodedError} naming the sender: MESSAGE_MALFORMED on another length, SEALED_INVALID when it is for another S,
 * sum, roster or sender, or was changed.
 */
export function openReveal(place: RevealPlace, survivors: Survivors, ciphertext: Uint8Array): Revealed {
  const isMember = survivors.members.includes(place.sender);
  const owners = outside(survivors);
  const sizes = [...(isMember ? [SEED_OPENING_BYTES] : []), ...owners.map(() => MASK_SHARE_BYTES)];
  const parts = opened(place, 'reveal', survivors.digest, sizes, ciphertext);
  const shares = isMember ? parts.slice(1) : parts;
  return {
    seed: isMember ? parts[0] : undefined,
    maskShares: new Map(owners.map((name, k) => [name, shares[k] as Uint8Array])),
  };
}

/**
 * Shares of the seeds of members of S that did not open them, for the whole roster. Only b of members: what leaves for a
 * participant in S is of that kind, whoever asks for it.
 * @param of members of S, in the order of the post.
 * @param selfShareOf the share of b_i ‖ salt of an owner that this participant was given.
 * @returns AES-256-GCM ciphertext ‖ tag; 49 bytes per member, 16 for the tag.
 */
export function sealRecovery(
  place: RevealPlace,
  cause: RecoveryCause,
  survivors: Survivors,
  of: readonly string[],
  selfShareOf: (owner: string) => Uint8Array | undefined,
): Uint8Array {
  const foreign = of.find((name) => !survivors.members.includes(name));
  if (foreign !== undefined) throw new CodedError('INTERNAL', `${foreign} is outside the survivor set`);
  const shares = of.map((name) => needed(selfShareOf(name), name));
  return sealed(keyAt(place, 'recovery', cause), survivors.digest, shares);
}

/**
 * The shares of one recovery by owner.
 * @throws {CodedError} as openReveal.
 */
export function openRecovery(
  place: RevealPlace,
  cause: RecoveryCause,
  survivors: Survivors,
  of: readonly string[],
  ciphertext: Uint8Array,
): Map<string, Uint8Array> {
  const sizes = of.map(() => SELF_SHARE_BYTES);
  const parts = opened(place, 'recovery', survivors.digest, sizes, ciphertext, cause);
  return new Map(of.map((name, k) => [name, parts[k] as Uint8Array]));
}

function outside({ owners, members }: Survivors): string[] {
  const inside = new Set(members);
  return owners.filter((name) => !inside.has(name));
}

function needed(part: Uint8Array | undefined, owner: string): Uint8Array {
  if (part === undefined) throw new CodedError('INTERNAL', `nothing of the secrets of ${owner} is stored`);
  return part;
}

function sealed(key: Uint8Array, about: HexDigest, parts: readonly Uint8Array[]): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  cipher.setAAD(Buffer.from(about, 'hex'));
  const pieces = parts.map((part) => cipher.update(part));
  return new Uint8Array(Buffer.concat([...pieces, cipher.final(), cipher.getAuthTag()]));
}

function opened(
  place: RevealPlace,
  kind: 'reveal' | 'recovery',
  about: HexDigest,
  sizes: readonly number[],
  ciphertext: Uint8Array,
  cause?: RecoveryCause,
): Uint8Array[] {
  const parties = [place.sender];
  const length = sizes.reduce((total, size) => total + size, 0);
  if (ciphertext.length !== length + TAG_BYTES) {
    const sentence = `a ${kind} of ${place.sender} has ${ciphertext.length} bytes`;
    throw new CodedError('MESSAGE_MALFORMED', sentence, { parties });
  }
  const cipher = createDecipheriv('aes-256-gcm', keyAt(place, kind, cause), NONCE, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(Buffer.from(about, 'hex'));
  cipher.setAuthTag(ciphertext.subarray(length));
  let plain: Uint8Array;
  try {
    plain = Buffer.concat([cipher.update(ciphertext.subarray(0, length)), cipher.final()]);
  } catch (cause) {
    const sentence = `a ${kind} of ${place.sender} is not for this survivor set of sum ${place.sumId.sum}`;
    throw new CodedError('SEALED_INVALID', sentence, { cause, parties });
  }
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return Uint8Array.from(plain.subarray(end - size, end));
  });
}

function keyAt(
  { key, rosterDigest, sumId, sender }: RevealPlace,
  kind: 'reveal' | 'recovery',
  cause?: RecoveryCause,
): Uint8Array {
  const binding = bindingOf(kind, rosterDigest, sumId, cause ? [sender, cause] : [sender]);
  return new Uint8Array(hkdfSync('sha256', key.reveal(), new Uint8Array(0), binding, 32));
}
