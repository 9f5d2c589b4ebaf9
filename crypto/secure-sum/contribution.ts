import { CodedError, type HexDigest, type ParameterSetName } from '../../contract/index.js';
import { BlockCipher, maxAbsFor, parameterSet } from '../he/index.js';
import { LinearMac } from './mac.js';
import { type MaskPeer, Masks, maskPeers, rosterIndex } from './masks.js';
import { assertShape, blockCounts, type SumShape } from './shape.js';
import type { SumId } from './sum-id.js';

/**
 * Everything one participant needs to contribute to one sum. Plain bytes and numbers, so that it can be posted to a
 * worker thread (`Secret` does not clone): reveal there and wipe after.
 */
export interface ContributionInput {
  readonly parameterSet: ParameterSetName;
  readonly rosterDigest: HexDigest;
  readonly sumId: SumId;
  /** Whole roster sorted by name, self included, with the mask keys that count for this sum. */
  readonly roster: readonly MaskPeer[];
  readonly self: string;
  /** c of the job: with the roster it decides who shares masks with whom. */
  readonly colluders: number;
  /** Own X25519 mask secret and self-mask seed b_i for this sum, 32 bytes each. */
  readonly maskSecret: Uint8Array;
  readonly selfSeed: Uint8Array;
  /** HE secret key of the parameter set and MAC key of the job. */
  readonly heKey: Uint8Array;
  readonly macKey: Uint8Array;
  /** x_i: integers |x| <= maxAbs. */
  readonly values: Float64Array;
  /** Public bound of every participant's values in this sum. */
  readonly maxAbs: number;
}

/**
 * Masks and encrypts x_i, yielding the upload block by block (uploadBytes in all; one block in memory). The vector is
 * values ‖ one-hot slots (1 at self) ‖ MAC slots. HE randomness comes fresh from the operating system, so a second run
 * gives other bytes under the same masks: journal what the first run gave and resend that.
 * @throws {CodedError} VALUE_OUT_OF_RANGE or RANGE_EXCEEDED before the first block; MESSAGE_MALFORMED naming the
 * owner of an unusable mask key.
 */
export async function* contribute(input: ContributionInput): AsyncGenerator<Uint8Array> {
  const { values, roster } = input;
  const shape: SumShape = {
    parameterSet: input.parameterSet,
    valueCount: values.length,
    contributors: roster.length,
  };
  assertShape(shape);
  assertRange(input);
  const set = parameterSet(input.parameterSet);
  const at = {
    rosterDigest: input.rosterDigest,
    sumId: input.sumId,
    modulus: set.plainModulus,
    blockValues: set.degree,
  };
  const mac = new LinearMac(input.macKey, at);
  const masks = ownMasks(input, new Masks(at));
  const cipher = await BlockCipher.open(input.parameterSet, input.heKey);
  try {
    const oneHotAt = values.length + rosterIndex(roster, input.self);
    const macsAt = values.length + roster.length;
    const block = new Float64Array(set.degree);
    let start = 0;
    for (const count of blockCounts(shape)) {
      block.fill(0);
      block.set(values.subarray(start, start + count));
      if (oneHotAt >= start && oneHotAt < start + count) block[oneHotAt - start] = 1;
      mac.update(block, Math.max(0, Math.min(count, macsAt - start)));
      if (start + count > macsAt) placeMacs(block, mac.slots(), macsAt - start, count);
      toResidues(block, count, set.plainModulus);
      masks.apply(block, count);
      yield cipher.encrypt(block, count);
      start += count;
    }
  } finally {
    cipher.close();
  }
}

/** Pairwise masks with all neighbours that have keys, and the self mask. */
function ownMasks(input: ContributionInput, masks: Masks): Masks {
  for (const peer of maskPeers(input)(input.self)) masks.pair(input.self, input.maskSecret, peer);
  return masks.self(input.self, input.selfSeed);
}

/** MAC slot l belongs at block[first + l]; `first` is negative when a block boundary splits the MAC slots. */
function placeMacs(block: Float64Array, macs: Float64Array, first: number, count: number): void {
  macs.forEach((mac, slot) => {
    const place = first + slot;
    if (place >= 0 && place < count) block[place] = mac;
  });
}

function toResidues(block: Float64Array, count: number, modulus: number): void {
  for (let j = 0; j < count; j++) {
    const value = block[j] as number;
    if (value < 0) block[j] = value + modulus;
  }
}

function assertRange({ values, maxAbs, parameterSet: set, roster }: ContributionInput): void {
  if (maxAbs > maxAbsFor(set, roster.length)) {
    throw new CodedError('RANGE_EXCEEDED', `${roster.length} values up to ${maxAbs} wrap in the ${set} set`);
  }
  for (let k = 0; k < values.length; k++) {
    const value = values[k] as number;
    // NaN differs from itself, infinities exceed maxAbs.
    if (Math.trunc(value) !== value || value > maxAbs || value < -maxAbs) {
      throw new CodedError('VALUE_OUT_OF_RANGE', `value ${k} is not an integer of at most ${maxAbs}`);
    }
  }
}
