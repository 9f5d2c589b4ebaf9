import type { HorizontalSpec } from '../../contract/core.js';
import { seededRandom } from '../random.js';
import { networkOf } from './network-of.js';

/**
 * Weights before the first round, from training.seed alone: Glorot-uniform kernels (Glorot, Bengio 2010),
 * zero biases; all zeros for logistic regression. Initialisers written in a topology are not used:
 * participants must start from the same bits.
 */
export function initialWeights(spec: HorizontalSpec, width: number): Float32Array {
  const network = networkOf(spec.model, width);
  const random = seededRandom('initial-weights', spec.training.seed);
  const weights = new Float32Array(network.size);
  for (const { offset, size, shape, start } of network.parameters) {
    if (start === 'ones') weights.fill(1, offset, offset + size);
    if (start !== 'glorot') continue;
    const limit = Math.sqrt(6 / (shape[0] + (shape[1] ?? 1)));
    for (let index = offset; index < offset + size; index++) weights[index] = (2 * random.unit() - 1) * limit;
  }
  return weights;
}
