import type * as TensorFlow from '@tensorflow/tfjs';
import type { Activation } from './network.js';

type Tensor2D = TensorFlow.Tensor2D;

/** SELU's lambda and lambda * alpha (Klambauer et al. 2017), as tfjs has them. */
const seluScale = 1.0507009873554805;
const seluFloor = 1.7580993408473768;

export function activate(tf: typeof TensorFlow, activation: Activation, x: Tensor2D): Tensor2D {
  return activation === 'linear' ? x : tf[activation](x);
}

/** slope * derivative of the activation, the derivative taken from the activation's output. */
export function activationSlope(
  tf: typeof TensorFlow,
  activation: Activation,
  output: Tensor2D,
  slope: Tensor2D,
): Tensor2D {
  switch (activation) {
    case 'linear':
      return slope;
    case 'relu':
      return tf.mul(slope, tf.step(output));
    case 'tanh':
      return tf.mul(slope, tf.sub(1, tf.square(output)));
    case 'sigmoid':
      return tf.mul(slope, tf.mul(output, tf.sub(1, output)));
    case 'softplus':
      return tf.mul(slope, tf.sub(1, tf.exp(tf.neg(output))));
    case 'elu':
      return tf.mul(slope, tf.where(tf.greater(output, 0), tf.onesLike(output), tf.add(output, 1)));
    case 'selu':
      return tf.mul(
        slope,
        tf.where(tf.greater(output, 0), tf.fill(output.shape, seluScale), tf.add(output, seluFloor)),
      );
  }
}
