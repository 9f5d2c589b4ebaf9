import { CodedError, type HorizontalSpec } from '../../contract/core.js';
import { initialWeights } from '../models/weights.js';
import type { ModelState } from './model-state.js';

/** The model before round 1, from the job's seed; a warm start gives its weights instead. */
export function startState(
  spec: HorizontalSpec,
  width: number,
  weights = initialWeights(spec, width),
): ModelState {
  if (spec.algorithm.kind !== 'fedadam') return { round: 0, weights };
  // v starts at epsilon^2 (Reddi et al. 2021, algorithm 2), so a first tiny update makes no full step.
  const square = new Float64Array(weights.length).fill(spec.algorithm.epsilon * spec.algorithm.epsilon);
  return { round: 0, weights, server: { mean: new Float64Array(weights.length), square } };
}

/**
 * Applies the opened, row-weighted mean of the participants' updates. Only IEEE additions, products,
 * quotients and roots in a fixed order: every participant computes the same bits.
 *
 * FedAvg (McMahan et al. 2017) and FedProx: w + mean. FedAdam (Reddi et al. 2021): the mean is a
 * pseudo-gradient for Adam without bias correction.
 */
export function applyUpdate(state: ModelState, meanDelta: Float64Array, spec: HorizontalSpec): ModelState {
  const { weights, server } = state;
  if (meanDelta.length !== weights.length) {
    throw new CodedError('SUM_MALFORMED', `an update of ${meanDelta.length} for ${weights.length} weights`);
  }
  const next =
    spec.algorithm.kind === 'fedadam' && server
      ? fedAdamStep(weights, server, meanDelta, spec.algorithm)
      : { weights: weights.map((weight, index) => weight + meanDelta[index]!) };
  if (!next.weights.every(Number.isFinite)) {
    throw new CodedError('UPDATE_NOT_FINITE', `the joint model of round ${state.round + 1} is not finite`);
  }
  return { round: state.round + 1, ...next };
}

function fedAdamStep(
  weights: Float32Array,
  server: NonNullable<ModelState['server']>,
  delta: Float64Array,
  options: Extract<HorizontalSpec['algorithm'], { kind: 'fedadam' }>,
): Omit<ModelState, 'round'> {
  const { beta1, beta2, epsilon, serverLearningRate } = options;
  const mean = server.mean.map((value, index) => beta1 * value + (1 - beta1) * delta[index]!);
  const square = server.square.map(
    (value, index) => beta2 * value + (1 - beta2) * (delta[index]! * delta[index]!),
  );
  return {
    weights: weights.map(
      (weight, index) => weight + (serverLearningRate * mean[index]!) / (Math.sqrt(square[index]!) + epsilon),
    ),
    server: { mean, square },
  };
}
