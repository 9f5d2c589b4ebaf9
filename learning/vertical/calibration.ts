import { CodedError } from '../../contract/core.js';
import { lossOfBad, probabilityOf } from '../metrics/elementary.js';

/** p(bad) = sigmoid(slope * score + intercept) for a joint score before calibration. */
export interface Calibration {
  readonly slope: number;
  readonly intercept: number;
  /** Rows it rests on, and how many of them are bad. */
  readonly rows: number;
  readonly bads: number;
}

const maxSteps = 100;

/**
 * Platt scaling: the logistic fit of labels (1 bad, 0 good) on scores, by Newton with halved steps, towards Platt's
 * smoothed targets (bads + 1) / (bads + 2) and 1 / (goods + 2), so that separated scores have a finite slope
 * (Platt 1999; Lin, Lin, Weng 2007).
 *
 * @throws DATASET_ONE_CLASS rows of one class; FEATURE_CONSTANT scores that are all alike: they rank nothing.
 */
export function calibrate(scores: ArrayLike<number>, labels: ArrayLike<number>): Calibration {
  const groups = groupsOf(scores, labels);
  const bads = groups.reduce((sum, group) => sum + group.bad, 0);
  const goods = groups.reduce((sum, group) => sum + group.good, 0);
  if (bads === 0 || goods === 0) {
    throw new CodedError(
      'DATASET_ONE_CLASS',
      `the ${scores.length} released rows are all ${bads === 0 ? 'good' : 'bad'}: no calibration; the label holder releases more rows`,
    );
  }
  if (groups.length === 1) {
    throw new CodedError('FEATURE_CONSTANT', 'the joint score is the same in all released rows');
  }
  const targets = { bad: (bads + 1) / (bads + 2), good: 1 / (goods + 2) };
  let fit = { slope: 0, intercept: Math.log((bads + 1) / (goods + 1)) };
  let loss = lossOf(groups, targets, fit);
  for (let step = 0; step < maxSteps; step++) {
    const direction = newtonStep(groups, targets, fit);
    let factor = 1;
    let next = fit;
    let nextLoss = loss;
    do {
      next = {
        slope: fit.slope + factor * direction.slope,
        intercept: fit.intercept + factor * direction.intercept,
      };
      nextLoss = lossOf(groups, targets, next);
      factor /= 2;
    } while (nextLoss > loss && factor > 1e-10);
    if (!(nextLoss < loss)) break;
    fit = next;
    loss = nextLoss;
  }
  return { ...fit, rows: bads + goods, bads };
}

/** Calibrated log-odds of bad for a joint score. */
export function calibrated({ slope, intercept }: Calibration, score: number): number {
  return slope * score + intercept;
}

/**
 * The joint score at given calibrated log-odds: the inverse of `calibrated`.
 *
 * @throws FEATURE_CONSTANT for a slope of 0: every score has the same probability.
 */
export function scoreAt({ slope, intercept }: Calibration, logOdds: number): number {
  if (slope === 0) throw new CodedError('FEATURE_CONSTANT', 'the joint score does not rank: its slope is 0');
  return (logOdds - intercept) / slope;
}

interface Group {
  readonly score: number;
  bad: number;
  good: number;
}

/** Scores come in steps of 1/64, so there are some hundred groups, however many rows. */
function groupsOf(scores: ArrayLike<number>, labels: ArrayLike<number>): Group[] {
  const groups = new Map<number, Group>();
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    const group = groups.get(score) ?? { score, bad: 0, good: 0 };
    groups.set(score, group);
    if (labels[row] === 1) group.bad++;
    else group.good++;
  }
  return [...groups.values()].sort((a, b) => a.score - b.score);
}

interface Targets {
  readonly bad: number;
  readonly good: number;
}

type Line = Pick<Calibration, 'slope' | 'intercept'>;

/** Cross-entropy towards the targets; a share t of bad has loss t ln(1 + e^-z) + (1 - t) ln(1 + e^z). */
function lossOf(groups: readonly Group[], targets: Targets, { slope, intercept }: Line): number {
  let loss = 0;
  for (const { score, bad, good } of groups) {
    const z = slope * score + intercept;
    const share = bad * targets.bad + good * targets.good;
    loss += share * lossOfBad(z) + (bad + good - share) * lossOfBad(-z);
  }
  return loss;
}

function newtonStep(groups: readonly Group[], targets: Targets, { slope, intercept }: Line): Line {
  let g0 = 0;
  let g1 = 0;
  let h00 = 1e-12;
  let h01 = 0;
  let h11 = 1e-12;
  for (const { score, bad, good } of groups) {
    const p = probabilityOf(slope * score + intercept);
    const error = (bad + good) * p - (bad * targets.bad + good * targets.good);
    const weight = (bad + good) * p * (1 - p);
    g0 += error;
    g1 += error * score;
    h00 += weight;
    h01 += weight * score;
    h11 += weight * score * score;
  }
  const determinant = h00 * h11 - h01 * h01;
  return {
    intercept: -(h11 * g0 - h01 * g1) / determinant,
    slope: -(h00 * g1 - h01 * g0) / determinant,
  };
}
