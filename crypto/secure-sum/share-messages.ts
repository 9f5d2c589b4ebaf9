import { CodedError, type HexDigest, limits } from '../../contract/index.js';
import { MASK_SHARE_BYTES, SELF_SHARE_BYTES, type SumShare } from './sum-keys.js';

const PAIR_BYTES = MASK_SHARE_BYTES + SELF_SHARE_BYTES;
const DIGEST_BYTES = 32;

/**
 * Body of a sealed 'sum-shares' message: one receiver's shares of one sender's secrets, for a batch of consecutive sums:
 * per sum the mask share (33 bytes) and the self share (49 bytes); 64 sums take 5.2 kB.
 */
export function encodeShares(shares: readonly SumShare[]): Uint8Array {
  const bytes = new Uint8Array(PAIR_BYTES * shares.length);
  shares.forEach(({ mask, self }, k) => {
    bytes.set(mask, k * PAIR_BYTES);
    bytes.set(self, k * PAIR_BYTES + MASK_SHARE_BYTES);
  });
  return bytes;
}

/** @throws {CodedError} MESSAGE_MALFORMED when `bytes` are not the shares of `count` sums. */
export function decodeShares(bytes: Uint8Array, count: number): SumShare[] {
  if (count < 1 || count > limits.sumKeysPerBatch || bytes.length !== PAIR_BYTES * count) {
    throw new CodedError('MESSAGE_MALFORMED', `${bytes.length} bytes are not the shares of ${count} sums`);
  }
  return Array.from({ length: count }, (_, k) => {
    const at = k * PAIR_BYTES;
    return {
      mask: bytes.slice(at, at + MASK_SHARE_BYTES),
      self: bytes.slice(at + MASK_SHARE_BYTES, at + PAIR_BYTES),
    };
  });
}

/** Who is in a sum: the whole roster sorted by name, S, and the digest of S that Q participants signed. */
export interface Survivors {
  readonly roster: readonly string[];
  readonly members: readonly string[];
  readonly digest: HexDigest;
}

/**
 * Body of a sealed 'reveal' message: the survivor digest, then in roster order one share per participant: of b_i for
 * those in S, of the mask secret for the others. Never both for one participant: with both, whoever has the HE key
 * can take every mask off x_i.
 * `held`: by name, the shares this participant was given for the sum (its own included).
 */
export function encodeReveal(survivors: Survivors, held: ReadonlyMap<string, SumShare>): Uint8Array {
  const parts = survivors.roster.map((name) => {
    const share = held.get(name);
    if (share === undefined) throw new CodedError('INTERNAL', `no shares of ${name} are stored`);
    return survivors.members.includes(name) ? share.self : share.mask;
  });
  return new Uint8Array(Buffer.concat([Buffer.from(survivors.digest, 'hex'), ...parts]));
}

/**
 * The shares of one reveal by owner.
 * @throws {CodedError} SURVIVORS_MISMATCH when its sender reveals for another S, MESSAGE_MALFORMED on another length.
 */
export function decodeReveal(bytes: Uint8Array, survivors: Survivors): Map<string, Uint8Array> {
  if (Buffer.from(bytes.subarray(0, DIGEST_BYTES)).toString('hex') !== survivors.digest) {
    throw new CodedError('SURVIVORS_MISMATCH', 'a reveal is for another survivor set');
  }
  const shares = new Map<string, Uint8Array>();
  let at = DIGEST_BYTES;
  for (const name of survivors.roster) {
    const size = survivors.members.includes(name) ? SELF_SHARE_BYTES : MASK_SHARE_BYTES;
    shares.set(name, bytes.slice(at, at + size));
    at += size;
  }
  if (at !== bytes.length)
    throw new CodedError('MESSAGE_MALFORMED', `a reveal has ${bytes.length} bytes, not ${at}`);
  return shares;
}
