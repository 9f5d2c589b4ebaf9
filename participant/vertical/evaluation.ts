import {
  aucDifference,
  aucInterval,
  type Calibration,
  calibrate,
  calibrated,
  exactMetrics,
  type Interval,
  ksDifference,
  ksInterval,
  type LiftRow,
  liftTable,
  type Metrics,
  pointsOfLogOdds,
  pointsScale,
  probabilityOf,
  type Scaling,
  type ScoreBand,
  type SwapSet,
  scoreBands,
  swapSet,
} from '../../learning/index.js';

/** Released rows at the label holder, all arrays row by row. */
export interface ReleasedScores {
  /** Joint log-odds before calibration. */
  readonly joint: Float64Array;
  /** Log-odds of the label holder's own model. */
  readonly solo: Float64Array;
  /** 1 bad, 0 good. */
  readonly label: Uint8Array;
  /** 1 where the row is held out, 0 where it only serves calibration. */
  readonly heldOut: Uint8Array;
}

interface Measured {
  readonly metrics: Metrics;
  readonly auc: Interval;
  readonly ks: Interval;
}

/** What the joint model is worth, on held-out rows. */
export interface Evaluation {
  readonly rows: number;
  readonly bad: number;
  readonly calibration: Calibration;
  /** False when no training rows were released, so that calibration rests on the rows it is measured on. */
  readonly calibratedApart: boolean;
  readonly joint: Measured;
  /** The label holder's own features alone. */
  readonly solo: Measured;
  readonly aucGain: Interval & { readonly pValue: number };
  readonly ksGain: Interval;
  /** Both models at the same approval. */
  readonly swaps: readonly SwapSet[];
  readonly bands: readonly ScoreBand[];
  readonly lift: readonly LiftRow[];
  /** Mean of p (1 - p) over released calibrated scores. */
  readonly meanWeight: number;
}

const approvals = [0.5, 0.7, 0.8, 0.9];
const bandCount = 10;
/** Bootstrap draws: the interval of a KS is stable to the third decimal, in well under a second. */
const bootstrap = { replicates: 300, seed: 1 } as const;

/**
 * Calibrates on the released training rows and measures on the held-out ones; undefined when those lack a class.
 * @throws {CodedError} DATASET_ONE_CLASS, FEATURE_CONSTANT when there is nothing to calibrate on.
 */
export function evaluate(scores: ReleasedScores, scaling: Scaling): Evaluation | undefined {
  const held = rowsWhere(scores, 1);
  const other = rowsWhere(scores, 0);
  const calibratedApart = new Set(other.label).size === 2;
  const base = calibratedApart ? other : held;
  if (new Set(held.label).size < 2) return undefined;
  const calibration = calibrate(base.joint, base.label);
  const joint = held.joint.map((score) => calibrated(calibration, score));
  const scale = pointsScale(scaling);
  const points = (logOdds: Float64Array) => logOdds.map((value) => pointsOfLogOdds(scale, value));
  const jointMeasured = measure(joint, held.label);
  const soloMeasured = measure(held.solo, held.label);
  const aucGain = aucDifference(joint, held.solo, held.label);
  const ksGain = ksDifference(joint, held.solo, held.label, bootstrap);
  if (!jointMeasured || !soloMeasured || !aucGain || !ksGain) return undefined;
  const weights = base.joint.map((score) => {
    const p = probabilityOf(calibrated(calibration, score));
    return p * (1 - p);
  });
  return {
    rows: held.label.length,
    bad: held.label.reduce((sum, value) => sum + value, 0),
    calibration,
    calibratedApart,
    joint: jointMeasured,
    solo: soloMeasured,
    aucGain,
    ksGain,
    swaps: approvals.map((approval) => swapSet(points(held.solo), points(joint), held.label, approval)),
    bands: scoreBands({ points: points(joint), label: held.label }, { bands: bandCount }),
    lift: liftTable(joint, held.label),
    meanWeight: weights.reduce((sum, weight) => sum + weight, 0) / weights.length,
  };
}

function measure(logOdds: Float64Array, label: Uint8Array): Measured | undefined {
  const metrics = exactMetrics(logOdds, label);
  const auc = aucInterval(logOdds, label);
  const ks = ksInterval(logOdds, label, bootstrap);
  return metrics && auc && ks && { metrics, auc, ks };
}

function rowsWhere({ joint, solo, label, heldOut }: ReleasedScores, use: 0 | 1) {
  const chosen = <A extends Float64Array | Uint8Array>(values: A) =>
    values.filter((_: number, at: number) => heldOut[at] === use) as A;
  return { joint: chosen(joint), solo: chosen(solo), label: chosen(label) };
}
