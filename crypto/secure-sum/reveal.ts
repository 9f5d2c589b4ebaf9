import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { CodedError, type HexDigest, type Secret } from '../../contract/index.js';
import { bindingOf, type SumId } from './sum-id.js';
import { MASK_SHARE_BYTES, SELF_SHARE_BYTES, type SumShare } from './sum-keys.js';

const TAG_BYTES = 16;
/** A key encrypts one message, so its nonce may be fixed: a sender reveals for one S, and reveals the same bytes again. */
const NONCE = new Uint8Array(12);

/** What a reveal is about: S, the digest of S that Q participants signed, and whose secrets its sender holds shares of. */
export interface Survivors {
  /** In roster order, the sender among them. */
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

/**
 * What a participant says once a quorum signed S, for the whole roster: in roster order one share per owner, of
 * b_i for those in S, of the mask secret for the others. Never both for one participant: with both, whoever has the HE
 * key can take every mask off x_i. Encrypted against the coordinator only, since all participants may read it; the
 * signature of its post says who sent it.
 * @param held by name, the shares this participant was given for the sum, its own included.
 * @returns AES-256-GCM ciphertext ‖ tag; 33 or 49 bytes per owner, 16 for the tag.
 */
export function sealReveal(
  place: RevealPlace,
  survivors: Survivors,
  held: ReadonlyMap<string, SumShare>,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', keyAt(place), NONCE);
  cipher.setAAD(Buffer.from(survivors.digest, 'hex'));
  const members = new Set(survivors.members);
  const parts = survivors.owners.map((name) => {
    const share = held.get(name);
    if (share === undefined) throw new CodedError('INTERNAL', `no shares of ${name} are stored`);
    return cipher.update(members.has(name) ? share.self : share.mask);
  });
  return new Uint8Array(Buffer.concat([...parts, cipher.final(), cipher.getAuthTag()]));
}

/**
 * The shares of one reveal by owner.
 * @throws {CodedError} naming the sender: MESSAGE_MALFORMED on another length, SEALED_INVALID when it is for another S,
 * sum, roster or sender, or was changed.
 */
export function openReveal(
  place: RevealPlace,
  survivors: Survivors,
  sealed: Uint8Array,
): Map<string, Uint8Array> {
  const parties = [place.sender];
  const members = new Set(survivors.members);
  const sizes = survivors.owners.map((name) => (members.has(name) ? SELF_SHARE_BYTES : MASK_SHARE_BYTES));
  const length = sizes.reduce((total, size) => total + size, 0);
  if (sealed.length !== length + TAG_BYTES) {
    throw new CodedError('MESSAGE_MALFORMED', `a reveal of ${place.sender} has ${sealed.length} bytes`, {
      parties,
    });
  }
  const cipher = createDecipheriv('aes-256-gcm', keyAt(place), NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(survivors.digest, 'hex'));
  cipher.setAuthTag(sealed.subarray(length));
  let opened: Uint8Array;
  try {
    opened = Buffer.concat([cipher.update(sealed.subarray(0, length)), cipher.final()]);
  } catch (cause) {
    const sentence = `a reveal of ${place.sender} is not for this survivor set of sum ${place.sumId.sum}`;
    throw new CodedError('SEALED_INVALID', sentence, { cause, parties });
  }
  const shares = new Map<string, Uint8Array>();
  let at = 0;
  survivors.owners.forEach((name, index) => {
    const end = at + (sizes[index] as number);
    shares.set(name, Uint8Array.from(opened.subarray(at, end)));
    at = end;
  });
  return shares;
}

function keyAt({ key, rosterDigest, sumId, sender }: RevealPlace): Uint8Array {
  const binding = bindingOf('reveal', rosterDigest, sumId, [sender]);
  return new Uint8Array(hkdfSync('sha256', key.reveal(), new Uint8Array(0), binding, 32));
}
