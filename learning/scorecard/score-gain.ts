import { aucDifference, aucInterval } from '../metrics/auc-interval.js';
import type { Interval } from '../metrics/interval.js';
import { ksDifference, ksInterval } from '../metrics/ks-interval.js';
import { type LiftRow, liftTable } from '../metrics/lift.js';
import { exactMetrics, type Metrics } from '../metrics/metrics.js';
import { pointsOfLogOdds, pointsScale, type Scaling } from './points-scale.js';
import { type ScoreBand, scoreBands } from './score-bands.js';
import { type SwapSet, swapSet } from './swap-set.js';

export interface MeasuredScores {
  readonly metrics: Metrics;
  readonly auc: Interval;
  readonly ks: Interval;
}

/** What a joint model is worth against one that a party has alone, on the same rows. */
export interface ScoreGain {
  readonly rows: number;
  readonly bad: number;
  readonly joint: MeasuredScores;
  readonly solo: MeasuredScores;
  readonly aucGain: Interval & { readonly pValue: number };
  readonly ksGain: Interval;
  /** Both models at the same approval. */
  readonly swaps: readonly SwapSet[];
  readonly bands: readonly ScoreBand[];
  readonly lift: readonly LiftRow[];
}

/** Log-odds of bad by two models, and the labels (1 bad, 0 good), row by row. */
export interface TwoScores {
  readonly joint: Float64Array;
  readonly solo: Float64Array;
  readonly label: Uint8Array;
}

const approvals = [0.5, 0.7, 0.8, 0.9];
const bandCount = 10;
/** Bootstrap draws: the interval of a KS is stable to the third decimal, in well under a second. */
const bootstrap = { replicates: 300, seed: 1 } as const;

/** Undefined when a class has fewer than two rows. */
export function scoreGain({ joint, solo, label }: TwoScores, scaling: Scaling): ScoreGain | undefined {
  const [jointMeasured, soloMeasured] = [measure(joint, label), measure(solo, label)];
  const aucGain = aucDifference(joint, solo, label);
  const ksGain = ksDifference(joint, solo, label, bootstrap);
  if (!jointMeasured || !soloMeasured || !aucGain || !ksGain) return undefined;
  const scale = pointsScale(scaling);
  const points = (logOdds: Float64Array) => logOdds.map((value) => pointsOfLogOdds(scale, value));
  return {
    rows: label.length,
    bad: label.reduce((sum, value) => sum + value, 0),
    joint: jointMeasured,
    solo: soloMeasured,
    aucGain,
    ksGain,
    swaps: approvals.map((approval) => swapSet(points(solo), points(joint), label, approval)),
    bands: scoreBands({ points: points(joint), label }, { bands: bandCount }),
    lift: liftTable(joint, label),
  };
}

function measure(logOdds: Float64Array, label: Uint8Array): MeasuredScores | undefined {
  const metrics = exactMetrics(logOdds, label);
  const auc = aucInterval(logOdds, label);
  const ks = ksInterval(logOdds, label, bootstrap);
  return metrics && auc && ks && { metrics, auc, ks };
}
