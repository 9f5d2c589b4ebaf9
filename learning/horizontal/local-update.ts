import { CodedError, type HorizontalSpec, toCodedError } from '../../contract/core.js';
import type { Backend } from '../backend.js';
import type { Network } from '../models/network.js';
import { networkOf } from '../models/network-of.js';
import { type DrawMask, Pass } from '../models/pass.js';
import { type Random, seededRandom } from '../random.js';
import type { Matrix } from '../statistics/encoding.js';
import { localOptimizer } from './optimizer.js';
import { shuffledRows } from './row-order.js';

/** What one participant's rows say about the model of a round. */
export interface LocalUpdate {
  /** Weights after local training minus the weights it started from. */
  readonly delta: Float32Array;
  /** Mean cross-entropy over the last epoch, each batch before its step; without penalties. */
  readonly trainLoss: number;
  readonly rows: number;
}

/**
 * Trains for one round on a participant's own rows. The same spec, weights, data, round and participant give
 * the same bits on the same backend.
 * Throws MODEL_INVALID, DATASET_EMPTY, UPDATE_NOT_FINITE, TRAINING_FAILED.
 */
export function localUpdate(task: {
  backend: Backend;
  spec: HorizontalSpec;
  weights: Float32Array;
  data: Matrix;
  round: number;
  participant: string;
}): LocalUpdate {
  const { spec, data } = task;
  const network = networkOf(spec.model, data.width);
  if (task.weights.length !== network.size) {
    throw new CodedError('MODEL_INVALID', `${task.weights.length} weights for a model of ${network.size}`);
  }
  if (data.rows === 0) throw new CodedError('DATASET_EMPTY', 'no training row');
  const weights = Float32Array.from(task.weights);
  const pass = new Pass(task.backend, network);
  const step = localOptimizer(spec.training, network.size);
  const gradient = new Float32Array(network.size);
  const batches = new Batches(data, Math.min(spec.training.batchRows, data.rows));

  let loss = 0;
  for (let epoch = 0; epoch < spec.training.epochs; epoch++) {
    const random = seededRandom('local-training', spec.training.seed, task.round, task.participant, epoch);
    loss = 0;
    for (const batch of batches.inOrder(shuffledRows(data.rows, random))) {
      loss += runCoded(() => pass.gradient(weights, batch, gradient, maskDrawer(random)));
      addPenalties(gradient, { weights, start: task.weights, network, spec });
      step(weights, gradient);
    }
  }
  const delta = weights.map((value, index) => value - task.weights[index]!);
  if (!Number.isFinite(loss) || !delta.every(Number.isFinite)) {
    throw new CodedError('UPDATE_NOT_FINITE', `round ${task.round}: loss or weights are NaN or infinite`);
  }
  return { delta, trainLoss: loss / data.rows, rows: data.rows };
}

/** Cuts shuffled rows into batches, copied into one buffer. */
class Batches {
  readonly #data: Matrix;
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #batchRows: number;

  constructor(data: Matrix, batchRows: number) {
    this.#data = data;
    this.#batchRows = batchRows;
    this.#x = new Float32Array(batchRows * data.width);
    this.#y = new Float32Array(batchRows);
  }

  /** A batch is valid until the next one is taken. */
  *inOrder(order: Uint32Array): Generator<{ x: Float32Array; y: Float32Array; rows: number }> {
    const { x, y, width } = this.#data;
    for (let start = 0; start < order.length; start += this.#batchRows) {
      const rows = Math.min(this.#batchRows, order.length - start);
      for (let index = 0; index < rows; index++) {
        const row = order[start + index]!;
        this.#x.set(x.subarray(row * width, (row + 1) * width), index * width);
        this.#y[index] = y[row]!;
      }
      yield { x: this.#x.subarray(0, rows * width), y: this.#y.subarray(0, rows), rows };
    }
  }
}

/**
 * Adds the gradients of l2 * |kernels|^2 and, for FedProx, of mu / 2 * |w - w_start|^2
 * (Li et al. 2020, equation 2).
 */
export function addPenalties(
  gradient: Float32Array,
  at: { weights: Float32Array; start: Float32Array; network: Network; spec: HorizontalSpec },
): void {
  const { weights, start, network, spec } = at;
  if (spec.training.l2 > 0) {
    const pull = 2 * spec.training.l2;
    for (const { shape, offset, size } of network.parameters) {
      if (shape.length === 1) continue;
      for (let index = offset; index < offset + size; index++) gradient[index]! += pull * weights[index]!;
    }
  }
  if (spec.algorithm.kind === 'fedprox') {
    const { mu } = spec.algorithm;
    for (let index = 0; index < gradient.length; index++) {
      gradient[index]! += mu * (weights[index]! - start[index]!);
    }
  }
}

function maskDrawer(random: Random): DrawMask {
  return (rate, size) =>
    Float32Array.from({ length: size }, () => (random.unit() < rate ? 0 : 1 / (1 - rate)));
}

/** tfjs throws plain errors, for one when memory runs out. */
function runCoded<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    const coded = toCodedError(thrown);
    if (coded.code !== 'INTERNAL') throw coded;
    throw new CodedError('TRAINING_FAILED', coded.message, { cause: thrown });
  }
}
