/** Population stability in words: below 0.1, below 0.25, and from there on. */
export type DriftBand = 'stable' | 'moderate' | 'shifted';

export interface Drift {
  /** Sum over buckets of (actual - expected) ln(actual / expected), shares. */
  readonly index: number;
  readonly band: DriftBand;
}

/**
 * Stability index of rows over the same buckets at two times: PSI when the buckets are score bands, CSI when they
 * are the bins of a feature (with unknown values as one more bucket). A zero count becomes 0.5, as in WOE;
 * buckets empty at both times count nothing. Symmetric. 0 when either time has no rows.
 */
export function driftIndex(expected: readonly number[], actual: readonly number[]): Drift {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const [before, after] = [total(expected), total(actual)];
  let index = 0;
  if (before > 0 && after > 0) {
    expected.forEach((count, bucket) => {
      const now = actual[bucket]!;
      if (count === 0 && now === 0) return;
      const was = (count || 0.5) / before;
      const is = (now || 0.5) / after;
      index += (is - was) * Math.log(is / was);
    });
  }
  return { index, band: driftBand(index) };
}

export function driftBand(index: number): DriftBand {
  if (index < 0.1) return 'stable';
  return index < 0.25 ? 'moderate' : 'shifted';
}
