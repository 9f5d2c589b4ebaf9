import { CodedError } from '../../contract/core.js';
import { lossOfBad, probabilityOf } from '../metrics/elementary.js';
import { twoSidedP } from '../metrics/normal.js';
import { choleskyFactor, choleskySolve, inverseDiagonal } from './cholesky.js';
import {
  columnMeans,
  type DesignColumns,
  denseColumns,
  type FeatureColumns,
  refuseConstant,
  rowsOf,
} from './columns.js';
import { gram } from './gram.js';

/** The label holder's own logistic regression, to tell what the joint one adds; plain JSON. */
export interface SoloModel {
  readonly version: 1;
  readonly rows: number;
  readonly l2: number;
  readonly intercept: number;
  readonly columns: readonly SoloColumn[];
}

export interface SoloColumn {
  readonly name: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly pValue: number;
}

/**
 * Newton's method needs some ten steps. Where classes are separated a step gains a constant number of log-odds, and
 * `settled` takes forty.
 */
const maxSteps = 25;
/** A mean loss below 1 is off by some units in the sixteenth place. */
const lossRounding = 1e-13;
/** Newton decrement squared: twice what is left to gain in the mean loss. */
const settled = 1e-18;

/**
 * Exact logistic regression of labels (1 bad, 0 good) by Newton's method with halved steps: minimises
 * mean loss + l2 / 2 |coefficients|^2, the intercept free. scikit-learn's C is 1 / (rows * l2).
 * Each step costs rows * columns^2 / 2 products.
 *
 * @throws FEATURE_CONSTANT; DATASET_ONE_CLASS; FEATURE_SEPARATES when no finite optimum is found.
 */
export function fitSolo(
  given: DesignColumns,
  labels: ArrayLike<number>,
  { l2 }: { readonly l2: number },
): SoloModel {
  const columns = denseColumns(given);
  const rows = rowsOf(columns);
  refuseConstant(columns);
  let bads = 0;
  for (let row = 0; row < rows; row++) bads += Number(labels[row] === 1);
  if (bads === 0 || bads === rows) {
    throw new CodedError('DATASET_ONE_CLASS', `the ${rows} training rows are all of one class`);
  }
  const means = columnMeans(columns);
  const size = columns.values.length + 1;
  let beta = new Float64Array(size);
  beta[size - 1] = Math.log(bads / (rows - bads));
  let state = evaluate(columns, means, labels, beta, l2);
  for (let step = 0; step < maxSteps; step++) {
    const factor = factorOf(columns, means, state.weights, l2);
    const direction = choleskySolve(factor, size, state.gradient);
    const decrement = direction.reduce((sum, value, i) => sum + value * state.gradient[i]!, 0);
    if (decrement < settled) return modelOf(columns, means, beta, l2, factor);
    let share = 1;
    let next = beta;
    let nextState = state;
    do {
      next = beta.map((value, i) => value - share * direction[i]!);
      nextState = evaluate(columns, means, labels, next, l2);
      share /= 2;
      // Near the optimum a step gains less than the loss is rounded by.
    } while (nextState.loss > state.loss + lossRounding && share > 1e-6);
    beta = next;
    state = nextState;
  }
  throw separated();
}

/** Log-odds of bad of each row. Throws SCHEMA_DRIFT for other columns than the model's. */
export function soloScore(model: SoloModel, columns: DesignColumns): Float64Array {
  const expected = model.columns.map(({ name }) => name);
  if (expected.join('\n') !== columns.names.join('\n')) {
    throw new CodedError('SCHEMA_DRIFT', `the solo model was fitted on ${expected.join(', ')}`);
  }
  const scores = new Float64Array(rowsOf(columns)).fill(model.intercept);
  const { values } = denseColumns(columns);
  model.columns.forEach(({ coefficient }, index) => {
    const column = values[index]!;
    for (let row = 0; row < scores.length; row++) scores[row]! += coefficient * column[row]!;
  });
  return scores;
}

interface Evaluation {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** p (1 - p) of each row. */
  readonly weights: Float64Array;
}

function evaluate(
  { values }: FeatureColumns,
  means: Float64Array,
  labels: ArrayLike<number>,
  beta: Float64Array,
  l2: number,
): Evaluation {
  const rows = labels.length;
  const features = values.length;
  const scores = new Float64Array(rows).fill(beta[features]!);
  values.forEach((column, j) => {
    const [weight, mean] = [beta[j]!, means[j]!];
    for (let row = 0; row < rows; row++) scores[row]! += weight * (column[row]! - mean);
  });
  const errors = new Float64Array(rows);
  const weights = new Float64Array(rows);
  let loss = 0;
  let errorSum = 0;
  for (let row = 0; row < rows; row++) {
    const p = probabilityOf(scores[row]!);
    const bad = labels[row] === 1;
    loss += lossOfBad(bad ? scores[row]! : -scores[row]!);
    errors[row] = p - Number(bad);
    errorSum += errors[row]!;
    weights[row] = p * (1 - p);
  }
  const gradient = new Float64Array(features + 1);
  gradient[features] = errorSum / rows;
  let penalty = 0;
  values.forEach((column, j) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += (column[row]! - means[j]!) * errors[row]!;
    gradient[j] = sum / rows + l2 * beta[j]!;
    penalty += beta[j]! * beta[j]!;
  });
  return { loss: loss / rows + (l2 / 2) * penalty, gradient, weights };
}

/** Cholesky factor of the Hessian of the mean loss. */
function factorOf(
  columns: FeatureColumns,
  means: Float64Array,
  weights: Float64Array,
  l2: number,
): Float64Array {
  const size = columns.values.length + 1;
  const hessian = gram(columns, means, { weights, constant: true });
  for (let at = 0; at < hessian.length; at++) hessian[at]! /= weights.length;
  for (let j = 0; j < size - 1; j++) hessian[j * size + j]! += l2;
  const factor = choleskyFactor(hessian, size);
  if (!factor) throw separated();
  return factor;
}

function modelOf(
  columns: FeatureColumns,
  means: Float64Array,
  beta: Float64Array,
  l2: number,
  factor: Float64Array,
): SoloModel {
  const rows = rowsOf(columns);
  const size = beta.length;
  const variances = inverseDiagonal(factor, size).map((value) => value / rows);
  const shift = means.reduce((sum, mean, j) => sum + mean * beta[j]!, 0);
  return {
    version: 1,
    rows,
    l2,
    intercept: beta[size - 1]! - shift,
    columns: columns.names.map((name, j) => {
      const standardError = Math.sqrt(variances[j]!);
      return { name, coefficient: beta[j]!, standardError, pValue: twoSidedP(beta[j]! / standardError) };
    }),
  };
}

function separated(): CodedError<'FEATURE_SEPARATES'> {
  return new CodedError(
    'FEATURE_SEPARATES',
    'the solo model of the label holder has no finite optimum: its features separate the classes, or repeat each other; leave such a feature out or raise l2',
  );
}
