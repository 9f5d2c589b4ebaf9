import {
  type Calibration,
  calibrate,
  calibrated,
  probabilityOf,
  type Scaling,
  type ScoreGain,
  scoreGain,
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

/** What the joint model is worth on held-out rows, against the label holder's own features alone. */
export interface Evaluation extends ScoreGain {
  readonly calibration: Calibration;
  /** False when no training rows were released, so that calibration rests on the rows it is measured on. */
  readonly calibratedApart: boolean;
  /** Mean of p (1 - p) over released calibrated scores. */
  readonly meanWeight: number;
}

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
  const gain = scoreGain({ joint, solo: held.solo, label: held.label }, scaling);
  if (!gain) return undefined;
  const weights = base.joint.map((score) => {
    const p = probabilityOf(calibrated(calibration, score));
    return p * (1 - p);
  });
  return {
    ...gain,
    calibration,
    calibratedApart,
    meanWeight: weights.reduce((sum, weight) => sum + weight, 0) / weights.length,
  };
}

function rowsWhere({ joint, solo, label, heldOut }: ReleasedScores, use: 0 | 1) {
  const chosen = <A extends Float64Array | Uint8Array>(values: A) =>
    values.filter((_: number, at: number) => heldOut[at] === use) as A;
  return { joint: chosen(joint), solo: chosen(solo), label: chosen(label) };
}
