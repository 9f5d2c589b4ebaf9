import { CodedError } from '../../contract/core.js';
import { type BinCounts, sum } from './bin-counts.js';
import type { BinShape, FeatureBins } from './feature-bins.js';
import { weightOfEvidence } from './weight-of-evidence.js';

/**
 * The owner's check before it takes part: throws FEATURE_MISSING_ALL or FEATURE_CONSTANT.
 * @param rows training rows by bin.
 * @param owner participant that has the feature and must act.
 */
export function refuseEmptyFeature(
  feature: string,
  bins: FeatureBins,
  rows: readonly number[],
  owner: string,
): void {
  const total = sum(rows);
  if (bins.missing && rows.at(-1) === total) {
    throw new CodedError(
      'FEATURE_MISSING_ALL',
      `${feature} is missing in all common training rows; ${owner} checks its mapping and missing values`,
      { parties: [owner] },
    );
  }
  if (rows.filter((count) => count > 0).length < 2) {
    throw new CodedError(
      'FEATURE_CONSTANT',
      `${feature} falls into one bin in all common training rows; ${owner} checks its mapping`,
      { parties: [owner] },
    );
  }
}

/** From these on a feature counts as containing the answer. */
const separatingAuc = 0.995;
const separatingValue = 5;

/**
 * The label holder's check of any feature, from counts: throws FEATURE_SEPARATES.
 *
 * Two signs, on counts before pooling (a pure bin fails every class floor, so its WOE would vanish in a pool):
 * an AUC of the bins of 0.995, which no behaviour reaches before the outcome (it counts with few rows of a class, where
 * half a row in place of a zero keeps the information value low); and an information value above 5,
 * ten times where suspicion starts, which a one-sided leak gives: a flag that only bad customers carry, say 60 %
 * of them, has AUC 0.8. Bins of a fair feature with overlapping normal scores reach 5 at AUC 0.94.
 */
export function refuseSeparating(feature: string, counts: BinCounts, shape: BinShape, owner: string): void {
  const auc = aucOfBins(counts);
  const { iv } = weightOfEvidence(counts, shape, 0);
  if (auc < separatingAuc && iv <= separatingValue) return;
  throw new CodedError(
    'FEATURE_SEPARATES',
    `${feature} tells bad from good (nearly) perfectly; ${owner} checks when it was recorded`,
    { parties: [owner] },
  );
}

/** AUC of the bins in order of their bad rate, rows of one bin tied: the best a monotone score of them can do. */
export function aucOfBins({ rows, bad }: BinCounts): number {
  const present = Array.from(rows.keys()).filter((bin) => rows[bin]! > 0);
  const good = (bin: number) => rows[bin]! - bad[bin]!;
  let goodsBelow = 0;
  let wins = 0;
  for (const bin of present.sort((a, b) => bad[a]! / rows[a]! - bad[b]! / rows[b]!)) {
    wins += bad[bin]! * (goodsBelow + good(bin) / 2);
    goodsBelow += good(bin);
  }
  return wins / (sum(bad) * goodsBelow);
}
