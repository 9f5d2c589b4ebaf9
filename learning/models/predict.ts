import { CodedError, type HorizontalSpec } from '../../contract/core.js';
import type { Backend } from '../backend.js';
import { scoresOnGrid } from '../metrics/score-grid.js';
import type { Matrix } from '../statistics/encoding.js';
import { networkOf } from './network-of.js';
import { Pass } from './pass.js';

/** Rows of one forward pass: bounds tensor memory, large enough that calls do not matter. */
const blockRows = 8192;

interface Prediction {
  backend: Backend;
  spec: HorizontalSpec;
  weights: Float32Array;
  data: Pick<Matrix, 'x' | 'rows' | 'width'>;
}

/** Scores of rows: log-odds of "bad" on the grid of the job (metrics/score-grid). */
export function predict(task: Prediction): Float32Array {
  return scoresOnGrid(predictLogOdds(task), task.spec.evaluation.bins);
}

/** Log-odds of "bad" as the model gives them, between the steps of any grid. */
export function predictLogOdds(task: Prediction): Float32Array {
  const { width, rows, x } = task.data;
  const network = networkOf(task.spec.model, width);
  if (task.weights.length !== network.size || x.length !== rows * width) {
    throw new CodedError(
      'MODEL_INVALID',
      `${task.weights.length} weights and ${x.length} values for ${network.size} weights and ${rows} x ${width}`,
    );
  }
  const pass = new Pass(task.backend, network);
  const logOdds = new Float32Array(rows);
  for (let start = 0; start < rows; start += blockRows) {
    const end = Math.min(rows, start + blockRows);
    logOdds.set(pass.logOdds(task.weights, x.subarray(start * width, end * width), end - start), start);
  }
  return logOdds;
}
