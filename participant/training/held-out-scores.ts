import { CodedError, type HorizontalSpec, Secret } from '../../contract/index.js';
import { type Backend, encode, predict, scoresOnGrid, type Table } from '../../learning/index.js';
import { binnedData } from './binned-data.js';
import type { LearnerState } from './learner-state.js';

/** Scores of the held-out rows of a table by a kept model, log-odds on the grid of the job, and their labels. */
export function heldOutScores(
  spec: HorizontalSpec,
  state: LearnerState,
  table: Table,
  backend: Backend,
): { readonly scores: Float32Array; readonly labels: Uint8Array } {
  const { encoding, model, hashKey } = state;
  if (state.forest) {
    const { test } = binnedData({ table }, state);
    const scores = scoresOnGrid(Float32Array.from(test.logOdds), spec.evaluation.bins);
    return { scores, labels: test.labels };
  }
  if (encoding === undefined || model === undefined) {
    throw new CodedError('MODEL_UNKNOWN', 'a kept model is not whole');
  }
  const data = encode(table, encoding, new Secret(Buffer.from(hashKey, 'hex')), 'test');
  return {
    scores: predict({ backend, spec, weights: model.weights, data }),
    labels: Uint8Array.from(data.y),
  };
}
