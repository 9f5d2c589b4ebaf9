import { CodedError } from '../../contract/core.js';

/** Ids of one side: row numbers stay in 32 bits, a set's digests in one 1-GiB buffer. */
export const maxIds = 2 ** 25;

/** Bits beyond the square of the larger set: chance below 2^-39 that any two of all values are cut to the same. */
const SLACK_BITS = 40;
/** Bit 255 of every X25519 result is zero, and truncation keeps that end. */
const ZERO_BITS = 1;

/**
 * Bytes that a second-stage value keeps, for sets of these sizes: 11 for a million ids each, and for five. At least
 * ceil(log2 nA) + ceil(log2 nB) + 40 bits; the larger set counts twice, because two values of one set must
 * not meet either, for the set would be refused as holding duplicates.
 * @throws {CodedError} PSI_SIZE_LIMIT for a size outside [1, maxIds].
 */
export function truncationBytes(nA: number, nB: number): number {
  for (const n of [nA, nB]) {
    if (!Number.isSafeInteger(n) || n < 1 || n > maxIds) {
      throw new CodedError('PSI_SIZE_LIMIT', `a set of ${n} ids; 1 to ${maxIds} can be aligned`);
    }
  }
  return Math.ceil((2 * Math.ceil(Math.log2(Math.max(nA, nB))) + SLACK_BITS + ZERO_BITS) / 8);
}
