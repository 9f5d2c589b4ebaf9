import { CodedError, type HorizontalSpec, histogramLength } from '../../contract/core.js';
import type { SumPart } from '../sum-part.js';
import { type LiftRow, liftOfGroups } from './lift.js';
import { type Metrics, metricsOfGroups, type ScoreGroup } from './metrics.js';
import { binCentre, binOf } from './score-grid.js';

/** Counts of this participant's test rows by score bin: all bins of bad rows, then all bins of good rows. */
export function scoreHistogram(
  logOdds: ArrayLike<number>,
  labels: ArrayLike<number>,
  spec: HorizontalSpec,
): SumPart {
  if (logOdds.length > spec.update.rowsCap) {
    throw new CodedError(
      'DATASET_TOO_LARGE',
      `${logOdds.length} test rows, but the job allows update.rowsCap ${spec.update.rowsCap}`,
    );
  }
  const { bins } = spec.evaluation;
  const values = new Float64Array(histogramLength(spec));
  for (let row = 0; row < logOdds.length; row++) {
    values[binOf(logOdds[row]!, bins) + (labels[row] === 1 ? 0 : bins)]!++;
  }
  return { values, maxAbs: spec.update.rowsCap };
}

/**
 * Metrics of all participants' test rows from the opened sum of their histograms. Undefined when a class is
 * empty or a count is negative: a participant that sends such counts spoils the metrics, not the job.
 */
export function metricsFromHistogram(sums: Float64Array, spec: HorizontalSpec): Metrics | undefined {
  const groups = groupsOf(sums, spec);
  return groups && metricsOfGroups(groups);
}

/** Bands of the ranking of these rows, as `liftTable` has them; none where metrics are undefined. */
export function liftFromHistogram(sums: Float64Array, spec: HorizontalSpec): LiftRow[] {
  return liftOfGroups(groupsOf(sums, spec) ?? []);
}

/** In ascending order of score. */
function groupsOf(sums: Float64Array, spec: HorizontalSpec): ScoreGroup[] | undefined {
  const { bins } = spec.evaluation;
  if (sums.length !== histogramLength(spec)) {
    throw new CodedError(
      'SUM_MALFORMED',
      `a score histogram of ${sums.length} instead of ${2 * bins} counts`,
    );
  }
  if (sums.some((count) => !(count >= 0))) return undefined;
  return Array.from(
    { length: bins },
    (_, bin): ScoreGroup => ({ logOdds: binCentre(bin, bins), bad: sums[bin]!, good: sums[bins + bin]! }),
  );
}
