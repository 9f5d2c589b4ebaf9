import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HorizontalSpec } from '../../../contract/index.js';
import { addPenalties } from '../../../learning/horizontal/local-update.js';
import { localOptimizer } from '../../../learning/horizontal/optimizer.js';
import { shuffledRows } from '../../../learning/horizontal/row-order.js';
import {
  applyUpdate,
  type Backend,
  deserializeModelState,
  initialWeights,
  loadBackend,
  localUpdate,
  type Matrix,
  type ModelState,
  predict,
  serializeModelState,
  startState,
} from '../../../learning/index.js';
import { networkOf } from '../../../learning/models/network-of.js';
import { seededRandom } from '../../../learning/random.js';
import { coded } from '../../support/coded.js';
import { matrixOf, specOf } from './cases.js';

let backend: Backend;
beforeAll(async () => {
  backend = await loadBackend();
});

const mlp = { kind: 'mlp' as const, hidden: [6, 4], activation: 'relu' as const };
const updateOf = (
  spec: HorizontalSpec,
  data: Matrix,
  weights: Float32Array,
  round = 1,
  participant = 'bank-a',
) => localUpdate({ backend, spec, weights, data, round, participant });

describe('local training', () => {
  it('makes the step of the logistic gradient X^T (p - y) / n with whole-batch SGD', () => {
    const data = matrixOf(37, 4, 1);
    const spec = specOf({
      training: { optimizer: 'sgd', learningRate: 0.3, batchRows: 65_536, l2: 0.02, epochs: 1 },
    });
    const weights = Float32Array.of(0.4, -0.3, 0.2, 0.1, -0.5);
    const { delta, trainLoss, rows } = updateOf(spec, data, weights);

    const slope = new Float64Array(5);
    let loss = 0;
    for (let row = 0; row < data.rows; row++) {
      const x = data.x.subarray(row * 4, row * 4 + 4);
      const z = x.reduce((sum, value, column) => sum + value * weights[column]!, weights[4]!);
      const p = 1 / (1 + Math.exp(-z));
      const y = data.y[row]!;
      loss -= (y * Math.log(p) + (1 - y) * Math.log(1 - p)) / data.rows;
      [...x, 1].forEach((value, column) => {
        slope[column]! += (value * (p - y)) / data.rows;
      });
    }
    const expected = slope.map(
      (value, column) => -0.3 * (value + (column < 4 ? 2 * 0.02 * weights[column]! : 0)),
    );
    delta.forEach((value, column) => {
      expect(value).toBeCloseTo(expected[column]!, 5);
    });
    expect(trainLoss).toBeCloseTo(loss, 5);
    expect(rows).toBe(37);
  });

  it('learns', () => {
    const losses = [1, 20].map((epochs) => {
      const job = specOf({ model: mlp, training: { epochs } });
      return updateOf(job, matrixOf(300, 4, 2), initialWeights(job, 4)).trainLoss;
    });
    expect(losses[1]).toBeLessThan(0.7 * losses[0]!);
  });

  it('gives the same bits in two fresh processes', () => {
    const script = `
      import { createHash } from 'node:crypto';
      import { jobSpec } from './dist/contract/index.js';
      import { initialWeights, loadBackend, localUpdate } from './dist/learning/index.js';
      import { matrixOf, specOf } from './dist/tests/unit/learning/cases.js';
      const backend = await loadBackend();
      const spec = specOf({ model: { kind: 'mlp', hidden: [32, 16] }, algorithm: { kind: 'fedprox', mu: 0.1 }, training: { epochs: 3 } });
      const { delta, trainLoss } = localUpdate({ backend, spec, weights: initialWeights(spec, 7), data: matrixOf(500, 7, 3), round: 2, participant: 'bank-b' });
      process.stdout.write(createHash('sha256').update(delta).update(String(trainLoss)).digest('hex'));
    `;
    const [one, two] = [0, 1].map(() =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    );
    expect(one?.stdout).toMatch(/^[0-9a-f]{64}$/);
    expect(two?.stdout).toBe(one?.stdout);
  });

  it('takes rows in another order in every round and at every participant', () => {
    const spec = specOf({ model: mlp });
    const data = matrixOf(200, 4, 4);
    const weights = initialWeights(spec, 4);
    const deltas = [
      updateOf(spec, data, weights, 1, 'bank-a'),
      updateOf(spec, data, weights, 2, 'bank-a'),
      updateOf(spec, data, weights, 1, 'bank-b'),
      updateOf(specOf({ model: mlp, training: { seed: 2 } }), data, weights, 1, 'bank-a'),
    ].map(({ delta }) => delta.join());
    expect(new Set(deltas).size).toBe(4);
    expect(updateOf(spec, data, weights, 1, 'bank-a').delta.join()).toBe(deltas[0]);
  });

  it('leaves no tensor behind and changes neither weights nor rows', () => {
    const data = matrixOf(150, 4, 5);
    const topology = {
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'Dense', config: { units: 5, activation: 'elu', batch_input_shape: [null, null] } },
          { class_name: 'Dropout', config: { rate: 0.3 } },
          { class_name: 'LayerNormalization', config: {} },
          { class_name: 'Dense', config: { units: 1, activation: 'sigmoid' } },
        ],
      },
    };
    const spec = specOf({ model: { kind: 'layers', topology } });
    const weights = initialWeights(spec, 4);
    const before = { tensors: backend.tf.memory().numTensors, weights: weights.slice(), x: data.x.slice() };
    const first = updateOf(spec, data, weights);
    predict({ backend, spec, weights, data });
    expect({ tensors: backend.tf.memory().numTensors, weights, x: data.x }).toEqual(before);
    expect(updateOf(spec, data, weights)).toEqual(first);
    expect(coded(() => updateOf(spec, { ...data, x: data.x.fill(Number.NaN) }, weights))).toBe(
      'UPDATE_NOT_FINITE',
    );
    expect(backend.tf.memory().numTensors).toBe(before.tensors);
  });

  it('refuses an update that is not finite, no rows, and weights of another model', () => {
    const data = matrixOf(50, 4, 6);
    const wild = specOf({
      model: mlp,
      training: { optimizer: 'sgd', learningRate: 1000, epochs: 30, l2: 10 },
    });
    expect(coded(() => updateOf(wild, data, initialWeights(wild, 4)))).toBe('UPDATE_NOT_FINITE');
    const spec = specOf();
    expect(coded(() => updateOf(spec, matrixOf(0, 4, 7), initialWeights(spec, 4)))).toBe('DATASET_EMPTY');
    expect(coded(() => updateOf(spec, data, initialWeights(spec, 5)))).toBe('MODEL_INVALID');
  });
});

describe('FedProx', () => {
  it('adds the gradient of l2 |kernels|^2 + mu/2 |w - start|^2 (finite differences)', () => {
    const spec = specOf({ model: mlp, algorithm: { kind: 'fedprox', mu: 0.7 }, training: { l2: 0.3 } });
    const network = networkOf(mlp, 3);
    const random = seededRandom('fedprox', 1);
    const draw = () => Float32Array.from({ length: network.size }, () => random.unit() - 0.5);
    const [start, weights] = [draw(), draw()];
    const penalty = (at: Float64Array) =>
      network.parameters
        .filter(({ shape }) => shape.length === 2)
        .flatMap(({ offset, size }) => Array.from(at.subarray(offset, offset + size)))
        .reduce((sum, value) => sum + 0.3 * value * value, 0) +
      at.reduce((sum, value, index) => sum + 0.35 * (value - start[index]!) ** 2, 0);
    const gradient = new Float32Array(network.size);
    addPenalties(gradient, { weights, start, network, spec });
    gradient.forEach((slope, index) => {
      const shifted = (by: number) =>
        Float64Array.from(weights, (value, other) => value + (other === index ? by : 0));
      expect(slope).toBeCloseTo((penalty(shifted(1e-4)) - penalty(shifted(-1e-4))) / 2e-4, 5);
    });
  });

  it('is FedAvg with mu 0, and keeps closer to the start the larger mu is', () => {
    const data = matrixOf(200, 4, 8);
    const norm = (algorithm: Parameters<typeof specOf>[0]) => {
      const spec = specOf({ model: mlp, training: { epochs: 5 }, ...algorithm });
      return Math.hypot(...updateOf(spec, data, initialWeights(spec, 4)).delta);
    };
    const [avg, zero, some, strong] = [undefined, 0, 1, 100].map((mu) =>
      norm(mu === undefined ? {} : { algorithm: { kind: 'fedprox', mu } }),
    );
    expect(zero).toBe(avg);
    expect(some).toBeLessThan(avg!);
    expect(strong).toBeLessThan(some!);
  });
});

describe('Adam', () => {
  it('minimises a quadratic and starts with steps of the learning rate', () => {
    const step = localOptimizer({ ...specOf().training, optimizer: 'adam', learningRate: 0.1 }, 2);
    const weights = Float32Array.of(5, -3);
    step(weights, Float32Array.of(1000, -0.01));
    expect(weights[0]).toBeCloseTo(4.9, 4);
    expect(weights[1]).toBeCloseTo(-2.9, 4);
    for (let count = 0; count < 2000; count++)
      step(
        weights,
        weights.map((value) => 2 * value),
      );
    expect(Math.hypot(...weights)).toBeLessThan(1e-3);
  });

  it('takes the steps that its paper prescribes', () => {
    // Kingma, Ba 2015, algorithm 1, in closed form: moments as weighted sums over all gradients so far.
    const gradients = [0.5, -0.2, 0.9, 0.1];
    const step = localOptimizer({ ...specOf().training, optimizer: 'adam', learningRate: 0.01 }, 1);
    const weights = Float32Array.of(1);
    let expected = 1;
    gradients.forEach((gradient, index) => {
      step(weights, Float32Array.of(gradient));
      const moment = (beta: number, power: number) =>
        gradients
          .slice(0, index + 1)
          .reduce((sum, g, i) => sum + (1 - beta) * beta ** (index - i) * g ** power, 0) /
        (1 - beta ** (index + 1));
      expected -= (0.01 * moment(0.9, 1)) / (Math.sqrt(moment(0.999, 2)) + 1e-7);
      expect(weights[0]).toBeCloseTo(expected, 6);
    });
  });
});

describe('the row order', () => {
  it('is a permutation, and every row comes first about equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer(), (rows, seed) => {
        const order = shuffledRows(rows, seededRandom(seed));
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(
          Array.from({ length: rows }, (_, row) => row),
        );
      }),
    );
    const firsts = new Array<number>(6).fill(0);
    for (let seed = 0; seed < 6000; seed++) firsts[shuffledRows(6, seededRandom('order', seed))[0]!]!++;
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('the joint update', () => {
  it('of identical participants is that of one', () => {
    const spec = specOf({ model: mlp });
    const state = startState(spec, 4);
    const { delta } = updateOf(spec, matrixOf(80, 4, 9), state.weights);
    const rows = [10, 500, 3];
    const total = rows.reduce((sum, own) => sum + own, 0);
    const mean = Float64Array.from(delta, (value) => rows.reduce((sum, own) => sum + own * value, 0) / total);
    const joint = applyUpdate(state, mean, spec);
    const alone = applyUpdate(state, Float64Array.from(delta), spec);
    joint.weights.forEach((weight, index) => {
      expect(weight).toBeCloseTo(alone.weights[index]!, 6);
    });
    expect(joint.round).toBe(1);
  });

  it('of FedAdam is algorithm 2 of Reddi et al. 2021', () => {
    const options = { serverLearningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
    const spec = specOf({ algorithm: { kind: 'fedadam', ...options } });
    const deltas = [0.4, -0.1, 0.25];
    let state: ModelState = startState(spec, 1, Float32Array.of(1, 0));
    let expected = 1;
    deltas.forEach((delta, index) => {
      state = applyUpdate(state, Float64Array.of(delta, 0), spec);
      const past = deltas.slice(0, index + 1);
      const mean = past.reduce((sum, d, i) => sum + 0.1 * 0.9 ** (index - i) * d, 0);
      const square = past.reduce(
        (sum, d, i) => sum + 0.01 * 0.99 ** (index - i) * d * d,
        0.99 ** (index + 1) * 1e-6,
      );
      expected += (0.1 * mean) / (Math.sqrt(square) + 1e-3);
      expect(state.weights[0]).toBeCloseTo(expected, 6);
    });
    expect(state.weights[1]).toBe(0);
  });

  it('refuses another length and a model that is not finite', () => {
    const spec = specOf();
    const state = startState(spec, 1);
    expect(coded(() => applyUpdate(state, new Float64Array(3), spec))).toBe('SUM_MALFORMED');
    expect(coded(() => applyUpdate(state, Float64Array.of(1e300, 0), spec))).toBe('UPDATE_NOT_FINITE');
  });
});

describe('a model state as bytes', () => {
  const state = fc
    .tuple(
      fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 1000 }),
      fc.boolean(),
    )
    .map(
      ([weights, round, adam]): ModelState => ({
        round,
        weights,
        ...(adam
          ? { server: { mean: Float64Array.from(weights), square: Float64Array.from(weights, (w) => w * w) } }
          : {}),
      }),
    );

  it('comes back the same, and one state has one form', () => {
    fc.assert(
      fc.property(state, (given) => {
        const bytes = serializeModelState(given);
        const back = deserializeModelState(bytes);
        expect(back).toEqual(given);
        expect(serializeModelState(back)).toEqual(bytes);
      }),
    );
  });

  it('is refused when cut, longer, changed in its header, not finite, or noise', () => {
    fc.assert(
      fc.property(state, fc.nat(), fc.uint8Array({ maxLength: 100 }), (given, at, noise) => {
        const bytes = serializeModelState(given);
        const header = 4 + new DataView(bytes.buffer).getUint32(0, true);
        const flipped = bytes.slice();
        flipped[at % header]! ^= 0x80;
        const infinite = bytes.slice();
        new DataView(infinite.buffer).setFloat32(header, Infinity, true);
        const bad = [
          bytes.subarray(0, at % bytes.length),
          new Uint8Array([...bytes, 0]),
          flipped,
          infinite,
          noise,
        ];
        for (const each of bad) expect(coded(() => deserializeModelState(each))).toBe('MODEL_INVALID');
      }),
    );
  });

  it('continues as the undisturbed model does', () => {
    const spec = specOf({ algorithm: { kind: 'fedadam' } });
    const step = (from: ModelState) => applyUpdate(from, Float64Array.of(0.1, -0.3, 0.2), spec);
    const once = step(startState(spec, 2));
    expect(step(deserializeModelState(serializeModelState(once)))).toEqual(step(once));
  });
});
