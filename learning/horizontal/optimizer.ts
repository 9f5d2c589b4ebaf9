import type { HorizontalSpec } from '../../contract/core.js';

/** Changes weights in place, given the gradient of one batch. */
export type Optimizer = (weights: Float32Array, gradient: Float32Array) => void;

/** A fresh local optimiser: its state lives for one round, so nothing but the update leaves a round. */
export function localOptimizer(training: HorizontalSpec['training'], size: number): Optimizer {
  return training.optimizer === 'sgd' ? sgd(training.learningRate) : adam(training.learningRate, size);
}

function sgd(rate: number): Optimizer {
  return (weights, gradient) => {
    for (let index = 0; index < weights.length; index++) weights[index]! -= rate * gradient[index]!;
  };
}

/** Adam (Kingma, Ba 2015, algorithm 1) with beta1 0.9, beta2 0.999, epsilon 1e-7. */
function adam(rate: number, size: number): Optimizer {
  const beta1 = 0.9;
  const beta2 = 0.999;
  const epsilon = 1e-7;
  const first = new Float32Array(size);
  const second = new Float32Array(size);
  let decay1 = 1;
  let decay2 = 1;
  return (weights, gradient) => {
    decay1 *= beta1;
    decay2 *= beta2;
    const step = rate / (1 - decay1);
    const spread = 1 / (1 - decay2);
    for (let index = 0; index < size; index++) {
      const slope = gradient[index]!;
      const mean = beta1 * first[index]! + (1 - beta1) * slope;
      const square = beta2 * second[index]! + (1 - beta2) * slope * slope;
      first[index] = mean;
      second[index] = square;
      weights[index]! -= (step * mean) / (Math.sqrt(square * spread) + epsilon);
    }
  };
}
