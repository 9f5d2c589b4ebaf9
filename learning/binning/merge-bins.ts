import { CodedError } from '../../contract/core.js';
import { type BinCounts, joinCounts, sum } from './bin-counts.js';
import { chiMerge } from './chi-merge.js';
import { type BinShape, type FeatureBins, shapeOf } from './feature-bins.js';
import { monotonicMerge, type Trend } from './monotonic-merge.js';
import { defaultMinimumShare } from './number-bins.js';
import { minimumRows } from './small-bins.js';

export type Merging =
  | { readonly method: 'none' }
  | {
      readonly method: 'chi';
      readonly maxBins: number;
      /** Neighbours under this chi-square (one degree of freedom) join: 2.706, 3.841, 6.635 for 90, 95, 99 %. */
      readonly threshold: number;
    }
  | { readonly method: 'monotonic'; readonly maxBins: number; readonly trend: Trend };

/** What every merged value bin must hold, if the whole does. */
export interface MergeFloors {
  /** Share of all rows. */
  readonly minimumShare?: number;
  /** Bad rows, and good rows. */
  readonly minimumClass?: number;
}

export const defaultClassFloor = 5;

/** Value bins a merge may leave; special values and missing come on top. Bounds the dynamic program too. */
const maximumMaxBins = 50;

/**
 * Which fine bins join, from counts alone: the same code for the label holder's own features and for a
 * partner's anonymous bins. Value bins join neighbours (categories: neighbours in order of bad rate); bins after
 * them stay alone. Returns old numbers by new bin; new value bins are ordered by their lowest old number, so that
 * a grouping of categories tells which risks are alike, not which is higher.
 */
export function mergeBins(
  counts: BinCounts,
  shape: BinShape,
  merging: Merging,
  { minimumShare = defaultMinimumShare, minimumClass = defaultClassFloor }: MergeFloors = {},
): number[][] {
  const alone = Array.from({ length: shape.alone }, (_, index) => [shape.values + index]);
  const identity = Array.from({ length: shape.values }, (_, bin) => bin);
  if (merging.method === 'none') return [...identity.map((bin) => [bin]), ...alone];
  const { maxBins } = merging;
  if (!Number.isInteger(maxBins) || maxBins < 1 || maxBins > maximumMaxBins) {
    throw new CodedError('SPEC_INVALID', `maxBins is ${maxBins}; 1 to ${maximumMaxBins} are possible`);
  }
  const rate = (bin: number) => counts.bad[bin]! / Math.max(1, counts.rows[bin]!);
  const order = shape.ordered ? identity : [...identity].sort((a, b) => rate(a) - rate(b) || a - b);
  const line = {
    ...joinCounts(
      counts,
      order.map((bin) => [bin]),
    ),
    totalBad: sum(counts.bad),
    totalGood: sum(counts.rows) - sum(counts.bad),
  };
  const floors = { rows: minimumRows(minimumShare, sum(counts.rows)), perClass: minimumClass };
  const ends =
    merging.method === 'chi'
      ? chiMerge(line, floors, maxBins, merging.threshold)
      : monotonicMerge(line, floors, maxBins, shape.ordered ? merging.trend : 'ascending');
  const groups = ends.map((end, index) =>
    order.slice(index === 0 ? 0 : ends[index - 1]! + 1, end + 1).sort((a, b) => a - b),
  );
  return [...groups.sort((a, b) => a[0]! - b[0]!), ...alone];
}

/**
 * The owner's description after bins were joined. `groups` may come from the label holder: throws
 * PARCEL_MALFORMED unless they are what `mergeBins` can return for these bins.
 */
export function joinBins(bins: FeatureBins, groups: readonly (readonly number[])[]): FeatureBins {
  const shape = shapeOf(bins);
  const merged = groups.slice(0, groups.length - shape.alone);
  if (!isGrouping(groups, merged, shape)) {
    throw new CodedError('PARCEL_MALFORMED', 'a grouping of bins does not fit the bins it is for');
  }
  if (bins.kind === 'number') {
    return { ...bins, cuts: merged.slice(0, -1).map((group) => bins.cuts[group.at(-1)!]!) };
  }
  const other = bins.other === null ? -1 : merged.findIndex((group) => group.includes(bins.other!));
  return {
    ...bins,
    groups: merged.map((group) => group.flatMap((bin) => bins.groups[bin]!).sort()),
    other: other < 0 ? null : other,
  };
}

function isGrouping(
  groups: readonly (readonly number[])[],
  merged: readonly (readonly number[])[],
  { values, alone, ordered }: BinShape,
): boolean {
  const flat = merged.flat();
  const rising = (list: readonly number[]) => list.every((bin, at) => at === 0 || list[at - 1]! < bin);
  const covers = [...flat].sort((a, b) => a - b).every((bin, at) => bin === at) && flat.length === values;
  const inOrder = ordered ? rising(flat) : rising(merged.map((group) => group[0]!)) && merged.every(rising);
  const stay = groups
    .slice(merged.length)
    .every((group, index) => group.length === 1 && group[0] === values + index);
  return (
    groups.length === merged.length + alone &&
    merged.every((group) => group.length > 0) &&
    covers &&
    inOrder &&
    stay
  );
}
