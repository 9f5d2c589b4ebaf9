import { timingSafeEqual } from 'node:crypto';
import { combine } from 'shamir-secret-sharing';
import { CodedError } from '../../contract/index.js';
import { MASK_SHARE_BYTES, SECRET_BYTES, SELF_SHARE_BYTES } from './reveal-size.js';
import { commitmentOf } from './sum-keys.js';
import { x25519Public } from './x25519.js';

/** A share of somebody's secret, as its holder revealed it. */
export interface RevealedShare {
  readonly holder: string;
  readonly share: Uint8Array;
}

/** Choices of shares that are tried for one secret; 130 shares with two wrong ones among them take 8,500. */
const mostAttempts = 10_000;

/**
 * What `rebuild` makes of shares some of whose holders may have revealed something else than they were given: from the first
 * `threshold` of them, else from those without one, without two, up to `liars`. That many wrong ones stop nobody
 * as long as there are `threshold` right ones.
 * @param doubted holders whose shares did not fit; they come last, and who does not fit is added.
 * @returns undefined when nothing that was tried fits.
 */
export async function reconstructDespite<T>(
  revealed: readonly RevealedShare[],
  among: { readonly threshold: number; readonly liars: number; readonly doubted: Set<string> },
  rebuild: (shares: readonly Uint8Array[]) => Promise<T>,
): Promise<T | undefined> {
  const { threshold, liars, doubted } = among;
  const trusted = revealed.filter(({ holder }) => !doubted.has(holder));
  const ordered = [...trusted, ...revealed.filter(({ holder }) => doubted.has(holder))];
  let attempts = 0;
  for (let without = 0; without <= liars && threshold + without <= ordered.length; without++) {
    const here = ordered.slice(0, threshold + without);
    for (const left of choices(here.length, without)) {
      if (++attempts > mostAttempts) return undefined;
      try {
        const secret = await rebuild(here.filter((_, k) => !left.includes(k)).map(({ share }) => share));
        for (const k of left) doubted.add((here[k] as RevealedShare).holder);
        return secret;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== 'COMMITMENT_MISMATCH') throw error;
      }
    }
  }
  return undefined;
}

/** All ways to take `count` of the places 0 .. size - 1. */
function* choices(size: number, count: number, from = 0): Generator<readonly number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= size - count; first++) {
    for (const rest of choices(size, count - 1, first + 1)) yield [first, ...rest];
  }
}

/**
 * b_i of a survivor that opened it itself.
 * @throws {CodedError} COMMITMENT_MISMATCH naming `owner` when that is not what it committed to.
 */
export function seedOf(owner: { name: string; selfCommitment: string }, opening: Uint8Array): Uint8Array {
  const selfSeed = opening.subarray(0, SECRET_BYTES);
  assertSame(owner.name, commitmentOf(selfSeed, opening.subarray(SECRET_BYTES)), owner.selfCommitment);
  return selfSeed;
}

/**
 * b_i of a survivor from at least `threshold` revealed shares, checked against its commitment.
 * @throws {CodedError} COMMITMENT_MISMATCH naming `owner`: a wrong share (combine alone returns garbage silently), or
 * too few.
 */
export async function reconstructSelfSeed(
  owner: { name: string; selfCommitment: string },
  shares: readonly Uint8Array[],
  threshold: number,
): Promise<Uint8Array> {
  return seedOf(owner, await combined(owner.name, shares, threshold, SELF_SHARE_BYTES));
}

/** Mask secret of a participant that dropped, checked against its public mask key; otherwise like reconstructSelfSeed. */
export async function reconstructMaskSecret(
  owner: { name: string; maskKey: string },
  shares: readonly Uint8Array[],
  threshold: number,
): Promise<Uint8Array> {
  const secret = await combined(owner.name, shares, threshold, MASK_SHARE_BYTES);
  assertSame(owner.name, Buffer.from(x25519Public(secret)).toString('hex'), owner.maskKey);
  return secret;
}

async function combined(
  name: string,
  shares: readonly Uint8Array[],
  threshold: number,
  shareBytes: number,
): Promise<Uint8Array> {
  const used = shares.slice(0, threshold);
  if (used.length < threshold || used.some((share) => share.length !== shareBytes)) {
    throw new CodedError(
      'COMMITMENT_MISMATCH',
      `${used.length} usable shares of ${name}'s secret, ${threshold} needed`,
      {
        parties: [name],
      },
    );
  }
  try {
    return await combine(used.map((share) => Uint8Array.from(share)));
  } catch (cause) {
    // Two shares with one x coordinate.
    throw new CodedError('COMMITMENT_MISMATCH', `the shares of ${name}'s secret contradict each other`, {
      cause,
      parties: [name],
    });
  }
}

function assertSame(name: string, computed: string, committed: string): void {
  const a = Buffer.from(computed, 'hex');
  const b = Buffer.from(committed, 'hex');
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new CodedError(
      'COMMITMENT_MISMATCH',
      `what was revealed of ${name}'s secret is not what it committed to`,
      {
        parties: [name],
      },
    );
  }
}
