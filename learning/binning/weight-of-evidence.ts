import { CodedError } from '../../contract/core.js';
import { type BinCounts, sum } from './bin-counts.js';
import { type BinShape, binLabels, type FeatureBins, shapeOf } from './feature-bins.js';
import { poolsOf } from './pools.js';

/** Information value in words; `suspect` is too good to be true. */
export type ValueBand = 'useless' | 'weak' | 'medium' | 'strong' | 'suspect';

export interface BinWoe {
  readonly rows: number;
  readonly bad: number;
  /** Null in an empty bin. */
  readonly badRate: number | null;
  /** ln((bad_b/bad)/(good_b/good)) of its pool: above 0 the bin is riskier than the whole. */
  readonly woe: number;
  /** What the bin adds to the information value of the feature. */
  readonly iv: number;
  /** Bins of one number share one WOE, because one of them fails the class floor. */
  readonly pool: number;
  /** Only where the owner of the feature reads it. */
  readonly label?: string;
}

/** WOE table of one feature. Holds counts of labels by bin: it belongs to the label holder. */
export interface FeatureWoe {
  readonly bins: readonly BinWoe[];
  readonly rows: number;
  readonly bad: number;
  readonly iv: number;
  readonly band: ValueBand;
}

/**
 * WOE and information value by bin. Bins with fewer than `floor` bad or good rows share a pooled WOE
 * (pools.ts); `floor` 0 pools nothing. A zero count becomes 0.5, an empty bin has WOE 0.
 * Throws DATASET_ONE_CLASS when all rows have one label.
 */
export function weightOfEvidence(counts: BinCounts, shape: BinShape, floor: number): FeatureWoe {
  const rows = sum(counts.rows);
  const bad = sum(counts.bad);
  const good = rows - bad;
  if (bad === 0 || good === 0) {
    throw new CodedError('DATASET_ONE_CLASS', `${bad} bad and ${good} good rows: WOE needs both`);
  }
  const bins = new Array<BinWoe>(counts.rows.length);
  poolsOf(counts, shape, floor).forEach((members, pool) => {
    const poolBad = sum(members.map((bin) => counts.bad[bin]!));
    const poolRows = sum(members.map((bin) => counts.rows[bin]!));
    const rates = adjustedRates(poolBad, poolRows - poolBad, bad, good);
    const woe = poolRows === 0 ? 0 : Math.log(rates.badRate / rates.goodRate);
    for (const bin of members) {
      const binRows = counts.rows[bin]!;
      const binBad = counts.bad[bin]!;
      // Alone, the adjusted rates; in a pool, the bin's own, which add up to those of the pool.
      const difference =
        members.length === 1 ? rates.badRate - rates.goodRate : binBad / bad - (binRows - binBad) / good;
      const badRate = binRows === 0 ? null : binBad / binRows;
      bins[bin] = { rows: binRows, bad: binBad, badRate, woe, iv: difference * woe, pool };
    }
  });
  // Never negative but by the last bit.
  const iv = Math.max(0, sum(bins.map((bin) => bin.iv)));
  return { bins, rows, bad, iv, band: valueBand(iv) };
}

/** Shares of all bad and all good rows that fall into a bin, with 0.5 in place of a zero count. */
export function adjustedRates(bad: number, good: number, totalBad: number, totalGood: number) {
  return { badRate: (bad || 0.5) / totalBad, goodRate: (good || 0.5) / totalGood };
}

/** Below 0.02, 0.1, 0.3, 0.5, and from there on (Siddiqi 2006; above 0.5 look for leakage). */
export function valueBand(iv: number): ValueBand {
  if (iv < 0.02) return 'useless';
  if (iv < 0.1) return 'weak';
  if (iv < 0.3) return 'medium';
  return iv < 0.5 ? 'strong' : 'suspect';
}

/** The WOE of each bin: what an owner needs to encode its rows, and all that may leave the label holder. */
export function woeOfBins({ bins }: FeatureWoe): number[] {
  return bins.map(({ woe }) => woe);
}

/** The table with bin texts, for the owner of the feature. */
export function labelled(table: FeatureWoe, bins: FeatureBins): FeatureWoe {
  const { values, alone } = shapeOf(bins);
  if (values + alone !== table.bins.length) {
    throw new CodedError(
      'PARCEL_MALFORMED',
      `a table of ${table.bins.length} bins for ${values + alone} bins`,
    );
  }
  const labels = binLabels(bins);
  return { ...table, bins: table.bins.map((bin, index) => ({ ...bin, label: labels[index]! })) };
}
