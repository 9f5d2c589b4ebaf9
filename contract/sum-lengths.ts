import type { HorizontalSpec } from './horizontal-spec.js';

/** A summed loss has so many limbs. */
export const lossLimbs = 3;
/** The number of rows, and their loss. */
export const lossLength = 1 + lossLimbs;

/** Score histogram of a job: counts of bad, then of good rows. */
export function histogramLength({ evaluation }: HorizontalSpec): number {
  return 2 * evaluation.bins;
}

/** What a sum tells of the trees so far: the loss of validation rows where they end by it, and the score histogram. */
export function measuresLength(spec: HorizontalSpec): number {
  const stops = spec.model.kind === 'trees' && spec.model.patience > 0;
  return (stops ? lossLength : 0) + histogramLength(spec);
}

/** Values of the first level of a tree beside its sums of g and h. */
export function besideLevel(spec: HorizontalSpec): number {
  return lossLength + measuresLength(spec);
}
