import { CodedError, type HexDigest, type ParameterSetName } from '../../contract/index.js';
import { BlockCipher, parameterSet, sumBlockBytes } from '../he/index.js';
import { BlockReader, type ByteSource } from './byte-blocks.js';
import { LinearMac } from './mac.js';
import { assertRoster, type MaskPeer, Masks, maskPeers } from './masks.js';
import { assertShape, blockCounts, type SumShape } from './shape.js';
import { MAC_SLOTS } from './slots.js';
import type { SumId } from './sum-id.js';

/** Everything a participant needs to open one sum; plain, for worker threads. */
export interface OpeningInput {
  readonly parameterSet: ParameterSetName;
  readonly rosterDigest: HexDigest;
  readonly sumId: SumId;
  /** Whole roster sorted by name, with the mask keys that count for this sum. */
  readonly roster: readonly MaskPeer[];
  /** c of the job. */
  readonly colluders: number;
  /** S with the reconstructed self-mask seeds b_i: one for every survivor. */
  readonly selfSeeds: ReadonlyMap<string, Uint8Array>;
  /** Reconstructed X25519 mask secrets of those who dropped: everybody with mask keys outside S, and nobody of S. */
  readonly maskSecrets: ReadonlyMap<string, Uint8Array>;
  readonly heKey: Uint8Array;
  readonly macKey: Uint8Array;
  readonly valueCount: number;
}

/**
 * Decrypts a sum, takes off the masks and verifies it: every participant gets exactly the same signed sums.
 * What it learns: the sum over S, and nothing about a smaller group.
 * @throws {CodedError} SUM_MALFORMED: `sum` (attacker-controlled) is no sum of this shape. SUM_SLOT_MISMATCH: it is not
 * exactly one contribution of each survivor. SUM_MAC_MISMATCH: its values were changed. SURVIVORS_MISMATCH: the
 * secrets do not fit a survivor set. After any of these the job and its keys are finished.
 */
export async function openSum(input: OpeningInput, sum: ByteSource): Promise<Float64Array> {
  const { roster, valueCount } = input;
  const shape: SumShape = { parameterSet: input.parameterSet, valueCount, contributors: roster.length };
  assertShape(shape);
  const set = parameterSet(input.parameterSet);
  const at = {
    rosterDigest: input.rosterDigest,
    sumId: input.sumId,
    modulus: set.plainModulus,
    blockValues: set.degree,
  };
  const masks = remainingMasks(input, new Masks(at));
  const mac = new LinearMac(input.macKey, at);
  const cipher = await BlockCipher.open(input.parameterSet, input.heKey);
  const reader = new BlockReader(sum, 'the sum');
  try {
    const macsAt = valueCount + roster.length;
    const opened = new Float64Array(macsAt + MAC_SLOTS);
    const block = new Float64Array(set.degree);
    let start = 0;
    for (const count of blockCounts(shape)) {
      cipher.decrypt(await reader.read(sumBlockBytes(set, count)), count, block);
      masks.apply(block, count);
      centre(block, Math.min(count, macsAt - start), set.plainModulus);
      mac.update(block, Math.max(0, Math.min(count, macsAt - start)));
      opened.set(block.subarray(0, count), start);
      start += count;
    }
    await reader.expectEnd();
    verifySlots(opened.subarray(valueCount, macsAt), input);
    verifyMacs(opened.subarray(macsAt), mac.slots());
    return opened.slice(0, valueCount);
  } finally {
    cipher.close();
    await reader.close();
  }
}

/** What is left in the sum over S: each survivor's self mask, and its pair masks with neighbours who dropped. */
function remainingMasks(input: OpeningInput, masks: Masks): Masks {
  assertRoster(input.roster);
  const peersOf = maskPeers(input);
  for (const { name, maskKey } of input.roster) {
    const seed = input.selfSeeds.get(name);
    const secret = input.maskSecrets.get(name);
    const opened = Number(seed !== undefined) + Number(secret !== undefined);
    if (opened !== (maskKey === undefined ? 0 : 1)) {
      throw new CodedError('SURVIVORS_MISMATCH', `${name} is neither in the sum nor out of it, or both`);
    }
    if (seed !== undefined) masks.self(name, seed, true);
    // `secret` is the dropped one's: the streams as it would have entered them. The survivors entered the opposite sign.
    if (secret === undefined) continue;
    for (const peer of peersOf(name)) {
      if (input.selfSeeds.has(peer.name)) masks.pair(name, secret, peer);
    }
  }
  return masks;
}

/** Residues mod t as the signed integers they stand for. */
function centre(block: Float64Array, count: number, modulus: number): void {
  const half = (modulus - 1) / 2;
  for (let j = 0; j < count; j++) {
    const value = block[j] as number;
    if (value > half) block[j] = value - modulus;
  }
}

function verifySlots(slots: Float64Array, { roster, selfSeeds }: OpeningInput): void {
  const wrong = roster.filter(({ name }, k) => slots[k] !== (selfSeeds.has(name) ? 1 : 0));
  if (wrong.length > 0) {
    throw new CodedError(
      'SUM_SLOT_MISMATCH',
      `the sum does not hold exactly one contribution of each survivor (${wrong.length} of ${roster.length} slots differ)`,
    );
  }
}

function verifyMacs(given: Float64Array, computed: Float64Array): void {
  if (!computed.every((mac, slot) => mac === given[slot])) {
    throw new CodedError('SUM_MAC_MISMATCH', 'the sum fails its message authentication codes');
  }
}
