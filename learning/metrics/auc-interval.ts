import { type Interval, usualLevel } from './interval.js';
import { normalQuantile, twoSidedP } from './normal.js';

/**
 * AUC of scores (higher = worse) against labels (1 bad, 0 good), ties one half, with DeLong's variance and normal
 * interval, cut to [0, 1]. Undefined when a class has fewer than two rows.
 *
 * DeLong, DeLong, Clarke-Pearson 1988, by midranks (Sun, Xu 2014): n log n instead of bads * goods.
 */
export function aucInterval(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  level = usualLevel,
): (Interval & { readonly variance: number }) | undefined {
  const placement = placements(scores, labels);
  if (!placement) return undefined;
  const variance = covariance(placement, placement);
  const reach = normalQuantile(0.5 + level / 2) * Math.sqrt(variance);
  const { auc } = placement;
  return {
    value: auc,
    low: Math.max(0, auc - reach),
    high: Math.min(1, auc + reach),
    level,
    variance,
  };
}

/**
 * AUC of `scores` minus that of `others` on the same rows: DeLong's interval of the difference of two correlated
 * AUCs, and its two-sided p-value (1 when both rank alike). Undefined when a class has fewer than two rows.
 */
export function aucDifference(
  scores: ArrayLike<number>,
  others: ArrayLike<number>,
  labels: ArrayLike<number>,
  level = usualLevel,
): (Interval & { readonly variance: number; readonly pValue: number }) | undefined {
  const one = placements(scores, labels);
  const other = placements(others, labels);
  if (!one || !other) return undefined;
  const value = one.auc - other.auc;
  const variance = Math.max(0, covariance(one, one) + covariance(other, other) - 2 * covariance(one, other));
  const deviation = Math.sqrt(variance);
  const reach = normalQuantile(0.5 + level / 2) * deviation;
  const pValue = value === 0 ? 1 : deviation === 0 ? 0 : twoSidedP(value / deviation);
  return { value, low: value - reach, high: value + reach, level, variance, pValue };
}

/** For each bad row the share of goods below it, for each good row the share of bads above it. */
interface Placements {
  readonly auc: number;
  readonly bads: Float64Array;
  readonly goods: Float64Array;
}

function placements(scores: ArrayLike<number>, labels: ArrayLike<number>): Placements | undefined {
  const all = Float64Array.from(scores);
  const isBad = (row: number) => labels[row] === 1;
  const badScores = all.filter((_, row) => isBad(row));
  const goodScores = all.filter((_, row) => !isBad(row));
  if (badScores.length < 2 || goodScores.length < 2) return undefined;
  const joint = midranks(all);
  const amongBads = midranks(badScores);
  const amongGoods = midranks(goodScores);
  const bads = new Float64Array(badScores.length);
  const goods = new Float64Array(goodScores.length);
  let bad = 0;
  let good = 0;
  for (let row = 0; row < all.length; row++) {
    if (isBad(row)) {
      bads[bad] = (joint[row]! - amongBads[bad]!) / goods.length;
      bad++;
    } else {
      goods[good] = 1 - (joint[row]! - amongGoods[good]!) / bads.length;
      good++;
    }
  }
  return { auc: bads.reduce((sum, share) => sum + share, 0) / bads.length, bads, goods };
}

/** Ranks from 1; equal values share the mean of their ranks. */
function midranks(values: Float64Array): Float64Array {
  const order = ascending(values);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let at = start; at < end; at++) ranks[order[at]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Row numbers by ascending value. */
export function ascending(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, row) => row).sort((a, b) => values[a]! - values[b]!);
}

function covariance(one: Placements, other: Placements): number {
  return (
    sampleCovariance(one.bads, other.bads, one.auc, other.auc) / one.bads.length +
    sampleCovariance(one.goods, other.goods, one.auc, other.auc) / one.goods.length
  );
}

function sampleCovariance(x: Float64Array, y: Float64Array, meanX: number, meanY: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - meanX) * (y[i]! - meanY);
  return sum / (x.length - 1);
}
