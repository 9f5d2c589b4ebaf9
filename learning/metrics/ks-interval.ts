import { seededRandom } from '../random.js';
import { ascending } from './auc-interval.js';
import { type Interval, usualLevel } from './interval.js';

export interface BootstrapOptions {
  readonly level?: number;
  readonly replicates?: number;
  /** The same seed gives the same interval. */
  readonly seed?: number;
}

/**
 * KS of scores against labels (1 bad, 0 good), between tied groups, with a bootstrap interval: rows drawn anew within
 * each class, basic interval (Davison, Hinkley 1997, 5.2.1), cut to [0, 1]. The KS of a sample is too large
 * on average and that of a sample drawn twice even more; the basic interval reflects this back. At a level of 90 %
 * it covered the true KS in 83 to 91 % of simulations (300 to 3,000 rows), plain percentiles in 68 to 77 %;
 * where the gap of the two distributions is flat over a wide range it covers 71 to 77 %.
 *
 * Undefined when a class is empty. Takes rows * replicates draws: 0.3 s for 10,000 rows at 500.
 */
export function ksInterval(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval | undefined {
  const curve = curveOf(scores, labels);
  const interval = intervalOf((counts) => ksOf(curve, counts), labels, options);
  return interval && { ...interval, low: Math.max(0, interval.low), high: Math.min(1, interval.high) };
}

/** KS of `scores` minus that of `others` on the same rows; both are taken on the same draws. */
export function ksDifference(
  scores: ArrayLike<number>,
  others: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval | undefined {
  const one = curveOf(scores, labels);
  const other = curveOf(others, labels);
  return intervalOf((counts) => ksOf(one, counts) - ksOf(other, counts), labels, options);
}

function intervalOf(
  statistic: (counts: Uint16Array) => number,
  labels: ArrayLike<number>,
  { level = usualLevel, replicates = 500, seed = 0 }: BootstrapOptions,
): Interval | undefined {
  const classes = [0, 1].map((wanted) =>
    Uint32Array.from(
      Array.from(labels, (label, row) => (Number(label === 1) === wanted ? row : -1)).filter(
        (row) => row >= 0,
      ),
    ),
  );
  if (classes.some((rows) => rows.length === 0)) return undefined;
  const random = seededRandom('ks-bootstrap', seed);
  const counts = new Uint16Array(labels.length).fill(1);
  const value = statistic(counts);
  const drawn = Float64Array.from({ length: replicates }, () => {
    counts.fill(0);
    for (const rows of classes) {
      for (let draw = 0; draw < rows.length; draw++) counts[rows[random.below(rows.length)]!]!++;
    }
    return statistic(counts);
  }).sort();
  const quantile = (share: number) => drawn[Math.round(share * (replicates - 1))]!;
  return {
    value,
    low: Math.min(value, 2 * value - quantile(0.5 + level / 2)),
    high: Math.max(value, 2 * value - quantile(0.5 - level / 2)),
    level,
  };
}

interface Curve {
  readonly order: Uint32Array;
  /** 1 where a row is the last of its tied group in `order`. */
  readonly ends: Uint8Array;
  /** In `order`. */
  readonly bad: Uint8Array;
}

function curveOf(scores: ArrayLike<number>, labels: ArrayLike<number>): Curve {
  const order = ascending(scores);
  return {
    order,
    ends: Uint8Array.from(order, (row, at) => Number(scores[row] !== scores[order[at + 1] ?? -1])),
    bad: Uint8Array.from(order, (row) => Number(labels[row] === 1)),
  };
}

function ksOf({ order, ends, bad }: Curve, counts: Uint16Array): number {
  let bads = 0;
  let goods = 0;
  for (let at = 0; at < order.length; at++) {
    if (bad[at] === 1) bads += counts[order[at]!]!;
    else goods += counts[order[at]!]!;
  }
  let badsBelow = 0;
  let goodsBelow = 0;
  let ks = 0;
  for (let at = 0; at < order.length; at++) {
    if (bad[at] === 1) badsBelow += counts[order[at]!]!;
    else goodsBelow += counts[order[at]!]!;
    if (ends[at] === 1) ks = Math.max(ks, Math.abs(goodsBelow / goods - badsBelow / bads));
  }
  return ks;
}
