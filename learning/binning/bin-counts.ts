import { CodedError } from '../../contract/core.js';
import { type BinShape, unknownBin } from './feature-bins.js';

/** Training rows and bad ones among them, by bin. All that the label holder ever needs of a feature. */
export interface BinCounts {
  readonly rows: readonly number[];
  readonly bad: readonly number[];
}

/** Counts of a feature whose rows one side holds together with the label. Rows without a bin are left out. */
export function countBins(assigned: Uint8Array, label: Uint8Array, bins: number): BinCounts {
  const rows = new Float64Array(unknownBin + 1);
  const bad = new Float64Array(unknownBin + 1);
  for (let row = 0; row < assigned.length; row++) {
    const bin = assigned[row]!;
    rows[bin]!++;
    bad[bin]! += label[row]!;
  }
  return { rows: Array.from(rows.subarray(0, bins)), bad: Array.from(bad.subarray(0, bins)) };
}

/**
 * Counts that came from a partner: rows it stated, bad rows decrypted. Throws PARCEL_MALFORMED unless they are
 * counts of that many bins over `total` rows with `totalBad` bad among them.
 */
export function foreignCounts(
  rows: ArrayLike<number>,
  bad: ArrayLike<number>,
  { values, alone }: BinShape,
  total: number,
  totalBad: number,
): BinCounts {
  const counts = { rows: Array.from(rows), bad: Array.from(bad) };
  const fits =
    counts.rows.length === values + alone &&
    counts.bad.length === values + alone &&
    counts.rows.every((count, bin) => {
      const badCount = counts.bad[bin]!;
      return Number.isInteger(count) && Number.isInteger(badCount) && badCount >= 0 && badCount <= count;
    });
  if (!fits || sum(counts.rows) !== total || sum(counts.bad) !== totalBad) {
    throw new CodedError('PARCEL_MALFORMED', `bin counts do not add up to ${total} rows`);
  }
  return counts;
}

/** Counts after bins were joined. */
export function joinCounts({ rows, bad }: BinCounts, groups: readonly (readonly number[])[]): BinCounts {
  const joined = (counts: readonly number[]) => groups.map((group) => sum(group.map((bin) => counts[bin]!)));
  return { rows: joined(rows), bad: joined(bad) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
