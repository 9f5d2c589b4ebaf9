import { CodedError } from '../../contract/core.js';
import { type DesignColumns, rowsOf } from './columns.js';
import type { Design } from './design.js';
import { valueScale } from './fixed-point.js';
import type { FitSettings, PartyState } from './party.js';
import { whitenedBlocks } from './whitening.js';

/** One party's half of a joint model; plain JSON, and never leaves the party. */
export interface PartyModel {
  readonly version: 1;
  /** Training rows. */
  readonly rows: number;
  readonly l2: number;
  /** Whitened values are cut at plus and minus this, as in training. */
  readonly clip: number;
  readonly columns: readonly ModelColumn[];
  /** (covariance + 1e-4 I)^(-1/2), its upper triangle row after row, diagonal included. */
  readonly whitening: readonly number[];
  /** Of the whitened columns. */
  readonly weights: readonly number[];
  /** Fitted at the label holder for centred columns; 0 elsewhere. */
  readonly intercept: number;
  /** Of the original, not centred columns: intercept - sum of coefficient * mean. */
  readonly interceptShare: number;
}

export interface ModelColumn {
  readonly name: string;
  readonly mean: number;
  /** Log-odds, before calibration, for one unit of the original column. */
  readonly coefficient: number;
}

/** The model after the last iteration. */
export function finishParty(design: Design, state: PartyState, settings: FitSettings): PartyModel {
  const { names, means, whitening, rows } = design;
  const features = names.length;
  const value = valueScale(design.precision);
  const weights = state.weights.slice(0, features);
  const columns = names.map((name, i) => {
    const coefficient = weights.reduce((sum, weight, j) => sum + whitening[i * features + j]! * weight, 0);
    return { name, mean: means[i]!, coefficient };
  });
  const intercept = state.weights[features] ?? 0;
  const shift = columns.reduce((sum, { mean, coefficient }) => sum + mean * coefficient, 0);
  return {
    version: 1,
    rows,
    l2: settings.l2,
    clip: value.limit / value.scale,
    columns,
    whitening: names.flatMap((_, i) => Array.from(whitening.subarray(i * features + i, (i + 1) * features))),
    weights,
    intercept,
    interceptShare: intercept - shift,
  };
}

/**
 * A party's contribution to the joint log-odds of each row, before intercept and calibration: sum over whitened
 * columns of z w, z clipped as in training. Without a clipped cell it is the sum of
 * coefficient * (value - mean).
 *
 * @throws SCHEMA_DRIFT when the columns are not those of the model, in its order; DATASET_RANGE for NaN or infinity.
 */
export function ownScore(model: PartyModel, columns: DesignColumns): Float64Array {
  const { weights, clip } = model;
  const expected = model.columns.map(({ name }) => name);
  if (expected.join('\n') !== columns.names.join('\n')) {
    throw new CodedError(
      'SCHEMA_DRIFT',
      `the model was fitted on ${expected.join(', ')}; the rows to score have ${columns.names.join(', ')}`,
    );
  }
  const scores = new Float64Array(rowsOf(columns));
  const means = Float64Array.from(model.columns, ({ mean }) => mean);
  whitenedBlocks(columns, { means, whitening: fullMatrix(model) }, (block, stride, start, count) => {
    weights.forEach((weight, column) => {
      const from = column * stride;
      for (let row = 0; row < count; row++) {
        scores[start + row]! += Math.max(-clip, Math.min(clip, block[from + row]!)) * weight;
      }
    });
  });
  if (!scores.every(Number.isFinite)) {
    throw new CodedError('DATASET_RANGE', 'a row to score has a value that is NaN or infinite');
  }
  return scores;
}

function fullMatrix({ columns, whitening }: PartyModel): Float64Array {
  const size = columns.length;
  const full = new Float64Array(size * size);
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = whitening[at++]!;
      full[i * size + j] = value;
      full[j * size + i] = value;
    }
  }
  return full;
}

/** Released scores are multiples of 1/64 log-odds (0.4 % of the odds or less than 0.4 points of probability). */
export const scoreUnits = 64;
/** ±64 log-odds: far beyond any probability a double tells from 0 or 1. */
export const scoreUnitsLimit = 64 * scoreUnits;

/** Log-odds as integers in units of 1/64, halves up, cut at ±4096; parties' integers add up exactly. */
export function toScoreUnits(logOdds: Float64Array): Int32Array {
  return Int32Array.from(logOdds, (value) => {
    if (Number.isNaN(value)) throw new CodedError('DATASET_RANGE', 'a score is NaN');
    return Math.max(-scoreUnitsLimit, Math.min(scoreUnitsLimit, Math.round(value * scoreUnits)));
  });
}

/** The log-odds that score units stand for. */
export function fromScoreUnits(units: ArrayLike<number>): Float64Array {
  return Float64Array.from(units, (value) => value / scoreUnits);
}
