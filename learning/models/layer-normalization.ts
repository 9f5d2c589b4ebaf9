import type * as TensorFlow from '@tensorflow/tfjs';

type Tensor1D = TensorFlow.Tensor1D;
type Tensor2D = TensorFlow.Tensor2D;

/** gamma * (x - mean) / sqrt(variance + epsilon) + beta per row (Ba, Kiros, Hinton 2016). */
export function normalize(
  tf: typeof TensorFlow,
  x: Tensor2D,
  epsilon: number,
  { gamma, beta }: { gamma: Tensor1D | undefined; beta: Tensor1D | undefined },
): Tensor2D {
  const { normal } = standardize(tf, x, epsilon);
  const scaled = gamma ? tf.mul<Tensor2D>(normal, gamma) : normal;
  return beta ? tf.add<Tensor2D>(scaled, beta) : scaled;
}

/** Derivatives by input, gamma and beta, given the slope at the output. */
export function normalizeBackward(
  tf: typeof TensorFlow,
  x: Tensor2D,
  epsilon: number,
  gamma: Tensor1D | undefined,
  slope: Tensor2D,
): { input: Tensor2D; gamma: Tensor1D; beta: Tensor1D } {
  const { normal, inverse } = standardize(tf, x, epsilon);
  const inner = gamma ? tf.mul<Tensor2D>(slope, gamma) : slope;
  const along = tf.mul(normal, tf.mean(tf.mul(inner, normal), 1, true));
  return {
    input: tf.mul(inverse, tf.sub(tf.sub(inner, tf.mean(inner, 1, true)), along)),
    gamma: tf.sum(tf.mul(slope, normal), 0),
    beta: tf.sum(slope, 0),
  };
}

function standardize(tf: typeof TensorFlow, x: Tensor2D, epsilon: number) {
  const centred = tf.sub<Tensor2D>(x, tf.mean(x, 1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  return { normal: tf.mul<Tensor2D>(centred, inverse), inverse };
}
