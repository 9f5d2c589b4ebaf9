import { CodedError } from '../../contract/core.js';
import type { Design } from './design.js';
import { quantised, residualLimit, termScale, valueScale } from './fixed-point.js';

/** What all parties of a fit agree on. */
export interface FitSettings {
  /** Label holder and feature holders together, 2 to 8. */
  readonly parties: number;
  /** Penalty l2 / 2 |w|^2 on the whitened weights, beside the mean loss; never on the intercept. */
  readonly l2: number;
}

/** A party between two iterations; plain JSON. */
export interface PartyState {
  /** Gradients applied so far. */
  readonly iteration: number;
  /** Of the whitened columns, then, at the label holder, the intercept. */
  readonly weights: readonly number[];
  readonly velocity: readonly number[];
}

/**
 * Step and momentum. Each party's block of the Hessian of the mean loss is I / 4, so the joint one has eigenvalues
 * up to parties / 4 + l2, and a step of one over that cannot diverge: 2.0 for two parties and a small l2.
 * Ten iterations bring AUC within 1e-3 of the optimum with 2, 3, 4 and 8 parties (credit_data, default_credit,
 * lendingclub); weights of directions that parties share take longer.
 */
export const momentum = 0.3;
export const stepOf = ({ parties, l2 }: FitSettings): number => 4 / (parties + 4 * l2);

/** All weights zero. */
export function startParty(design: Design): PartyState {
  const zeros = Array.from({ length: design.width }, () => 0);
  return { iteration: 0, weights: zeros, velocity: zeros };
}

/** Rows worked on at a time: sums of 32 KB stay in the first-level cache. */
const blockRows = 4096;

/**
 * A feature holder's term of the residual: round(scale u / 4) for u = Z w, |term| <= limit (`termScale`).
 * One number a training row; only ever sent encrypted.
 */
export function ownTerm(design: Design, state: PartyState, settings: FitSettings): Int32Array {
  const { rows, values } = design;
  const { scale, limit } = termScale(settings.parties, design.precision);
  const factor = scale / (4 * valueScale(design.precision).scale);
  const term = new Int32Array(rows);
  const sums = new Float64Array(blockRows);
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    sums.fill(0);
    for (let column = 0; column < state.weights.length; column += together) {
      const weights = state.weights.slice(column, column + together);
      addScaled(values, column * rows + start, rows, weights, sums, count);
    }
    for (let row = 0; row < count; row++) term[start + row] = quantised(sums[row]! * factor, limit);
  }
  return term;
}

/** Columns that one pass over the sums adds: four loads for one store instead of one. */
const together = 4;

function addScaled(
  values: Int16Array,
  at: number,
  rows: number,
  weights: readonly number[],
  sums: Float64Array,
  count: number,
): void {
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = weights;
  // A column that is not there has weight 0 and is read where one is.
  const [at1, at2, at3] = [1, 2, 3].map((k) => (k < weights.length ? at + k * rows : at)) as [
    number,
    number,
    number,
  ];
  for (let row = 0; row < count; row++) {
    sums[row]! +=
      values[at + row]! * w0 + values[at1 + row]! * w1 + values[at2 + row]! * w2 + values[at3 + row]! * w3;
  }
}

/**
 * The label holder's term: its own u / 4 + 1/2 - y in units of `termScale`, y = 1 for a bad row. The sum of all
 * parties' terms is d, |d| < 2^residualBits: the derivative of the degree-1 approximation of the logistic loss.
 */
export function labelTerm(
  design: Design,
  state: PartyState,
  labels: ArrayLike<number>,
  settings: FitSettings,
): Int32Array {
  if (labels.length !== design.rows) {
    throw new CodedError('INTERNAL', `${labels.length} labels for ${design.rows} rows`);
  }
  const { scale } = termScale(settings.parties, design.precision);
  const term = ownTerm(design, state, settings);
  for (let row = 0; row < term.length; row++) term[row]! += scale / 2 - (labels[row] === 1 ? scale : 0);
  return term;
}

/**
 * The state after a gradient. `products` are the integers Z^T d as they came out of the encrypted product, one a
 * column of the design: heavy-ball step on products / (scales * rows) + l2 w.
 *
 * @throws PARCEL_MALFORMED when they are not so many integers, or larger than any d allows.
 */
export function applyGradient(
  design: Design,
  state: PartyState,
  products: ArrayLike<number>,
  settings: FitSettings,
): PartyState {
  const { rows, width, precision } = design;
  const value = valueScale(precision);
  const features = design.names.length;
  const most = rows * value.limit * residualLimit(precision);
  const integers = Array.from(products);
  if (integers.length !== width || !integers.every((sum) => Number.isInteger(sum) && Math.abs(sum) <= most)) {
    throw new CodedError(
      'PARCEL_MALFORMED',
      `a gradient for ${width} columns that is not ${width} integers of at most ${most}; the party that decrypted it must run the same package version`,
    );
  }
  const unit = value.scale * termScale(settings.parties, precision).scale * rows;
  const step = stepOf(settings);
  const velocity = integers.map((sum, column) => {
    const penalty = column < features ? settings.l2 * state.weights[column]! : 0;
    return momentum * state.velocity[column]! - step * (sum / unit + penalty);
  });
  return {
    iteration: state.iteration + 1,
    weights: state.weights.map((weight, column) => weight + velocity[column]!),
    velocity,
  };
}
