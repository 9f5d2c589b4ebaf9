import * as tfjs from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HorizontalSpecInput } from '../../../contract/index.js';
import {
  type Backend,
  countParameters,
  initialWeights,
  loadBackend,
  predict,
} from '../../../learning/index.js';
import { NetworkBuilder } from '../../../learning/models/network.js';
import { networkOf } from '../../../learning/models/network-of.js';
import { Pass } from '../../../learning/models/pass.js';
import { matrixOf, specOf } from './cases.js';

let backend: Backend;
beforeAll(async () => {
  backend = await loadBackend();
});

const width = 5;
const topologyOf = (model: tfjs.LayersModel) =>
  model.toJSON(null, false) as unknown as Record<string, unknown>;
const layersModel = (model: tfjs.LayersModel): HorizontalSpecInput['model'] => ({
  kind: 'layers',
  topology: topologyOf(model),
});

/** A graph with a skip connection, every merge and a layer normalisation. */
function branched(): tfjs.LayersModel {
  const input = tfjs.input({ shape: [width] });
  const wide = tfjs.layers.dense({ units: 6, activation: 'tanh' }).apply(input);
  const other = tfjs.layers.dense({ units: 6, activation: 'selu', useBias: false }).apply(input);
  const sum = tfjs.layers.add().apply([wide, other] as tfjs.SymbolicTensor[]);
  const product = tfjs.layers.multiply().apply([wide, sum] as tfjs.SymbolicTensor[]);
  const mean = tfjs.layers.average().apply([product, other] as tfjs.SymbolicTensor[]);
  const normal = tfjs.layers.layerNormalization().apply(mean);
  const joined = tfjs.layers.concatenate().apply([normal, input] as tfjs.SymbolicTensor[]);
  const hidden = tfjs.layers.dense({ units: 4, activation: 'softplus' }).apply(joined);
  const logit = tfjs.layers.dense({ units: 1 }).apply(hidden);
  const output = tfjs.layers.activation({ activation: 'sigmoid' }).apply(logit) as tfjs.SymbolicTensor;
  return tfjs.model({ inputs: input, outputs: output });
}

function chained(activation: 'relu' | 'elu' | 'sigmoid' | 'linear'): tfjs.LayersModel {
  return tfjs.sequential({
    layers: [
      tfjs.layers.dense({ units: 7, activation, inputShape: [width] }),
      tfjs.layers.activation({ activation: 'tanh' }),
      tfjs.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}

/** tfjs models with random weights (biases too), flattened in the order of their layers. */
function randomised(model: tfjs.LayersModel): Float32Array {
  const weights = model
    .getWeights()
    .map((weight, index) => tfjs.randomUniform(weight.shape, -1, 1, 'float32', index + 1));
  model.setWeights(weights);
  return Float32Array.from(weights.flatMap((weight) => Array.from(weight.dataSync())));
}

const models: [string, () => tfjs.LayersModel][] = [
  ['a branched graph', branched],
  ...(['relu', 'elu', 'sigmoid', 'linear'] as const).map((activation): [string, () => tfjs.LayersModel] => [
    `a ${activation} chain`,
    () => chained(activation),
  ]),
];

describe('a tfjs topology', () => {
  it.each(models)('gives the scores of tfjs-layers: %s', (_, build) => {
    const model = build();
    const weights = randomised(model);
    const { x, rows } = matrixOf(50, width, 1);
    const network = networkOf(specOf({ model: layersModel(model) }).model, width);
    expect(network.size).toBe(weights.length);
    const logOdds = new Pass(backend, network).logOdds(weights, x, rows);
    const expected = (model.predict(tfjs.tensor2d(x, [rows, width])) as tfjs.Tensor).dataSync();
    logOdds.forEach((z, row) => {
      expect(1 / (1 + Math.exp(-z))).toBeCloseTo(expected[row]!, 5);
    });
  });

  it.each(models)('gives the gradient of tfjs-layers: %s', (_, build) => {
    const model = build();
    const weights = randomised(model);
    const { x, y, rows } = matrixOf(40, width, 2);
    const network = networkOf(specOf({ model: layersModel(model) }).model, width);
    const gradient = new Float32Array(network.size);
    const loss = new Pass(backend, network).gradient(weights, { x, y, rows }, gradient, noDropout);
    const target = tfjs.tensor2d(y, [rows, 1]);
    const { value, grads } = tfjs.variableGrads(() => {
      const scores = model.apply(tfjs.tensor2d(x, [rows, width]), { training: true }) as tfjs.Tensor;
      return tfjs.losses.logLoss(target, scores, undefined, 1e-12).asScalar();
    });
    expect(loss / rows).toBeCloseTo(value.dataSync()[0]!, 4);
    const expected = model.trainableWeights.flatMap((weight) =>
      Array.from(grads[(weight as unknown as { val: tfjs.Variable }).val.name]!.dataSync()),
    );
    gradient.forEach((slope, index) => {
      expect(slope).toBeCloseTo(expected[index]!, 4);
    });
  });

  it('gives the gradient under a dropout mask (finite differences)', () => {
    const builder = new NetworkBuilder();
    const hidden = builder.dense('hidden', builder.input('input', width), {
      units: 6,
      activation: 'tanh',
      bias: true,
    });
    builder.dense('score', builder.dropout('drop', hidden, 0.5), {
      units: 1,
      activation: 'sigmoid',
      bias: true,
    });
    const network = builder.finish();
    const pass = new Pass(backend, network);
    const batch = matrixOf(20, width, 6);
    const mask = (rate: number, size: number) =>
      Float32Array.from({ length: size }, (_, index) => (index % 3 === 0 ? 0 : 1 / (1 - rate)));
    const lossAt = (weights: Float32Array) =>
      pass.gradient(weights, batch, new Float32Array(network.size), mask) / batch.rows;
    const weights = Float32Array.from({ length: network.size }, (_, index) => Math.sin(index));
    const gradient = new Float32Array(network.size);
    pass.gradient(weights, batch, gradient, mask);
    gradient.forEach((slope, index) => {
      const shifted = (by: number) => weights.map((value, other) => value + (other === index ? by : 0));
      expect(slope).toBeCloseTo((lossAt(shifted(0.01)) - lossAt(shifted(-0.01))) / 0.02, 3);
    });
  });

  it('runs with its input width left open', () => {
    const topology = JSON.parse(
      JSON.stringify(topologyOf(chained('relu'))).replace('[null,5]', '[null,null]'),
    );
    expect(countParameters({ kind: 'layers', topology }, 9)).toBe(9 * 7 + 7 + 7 + 1);
  });

  it('is the mlp when it says the same', () => {
    const sequential = tfjs.sequential({
      layers: [
        tfjs.layers.dense({ units: 8, activation: 'relu', inputShape: [width] }),
        tfjs.layers.dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
    const data = matrixOf(30, width, 3);
    const scores = [layersModel(sequential), { kind: 'mlp' as const, hidden: [8] }].map((model) => {
      const spec = specOf({ model });
      return predict({ backend, spec, weights: initialWeights(spec, width), data });
    });
    expect(scores[0]).toEqual(scores[1]);
  });
});

describe('a topology is refused', () => {
  type Layer = [kind: string, config: Record<string, unknown>];
  const open = { batch_input_shape: [null, null] };
  const first: Layer = ['Dense', { name: 'first', units: 3, ...open }];
  const score: Layer = ['Dense', { name: 'score', units: 1, activation: 'sigmoid' }];
  const refused: [reason: string, layer: string, layers: Layer[]][] = [
    ['a layer class that is not run', 'conv', [first, ['Conv1D', { name: 'conv', filters: 2 }], score]],
    ['batch normalisation', 'norm', [first, ['BatchNormalization', { name: 'norm' }], score]],
    ['code', 'lambda', [first, ['Lambda', { name: 'lambda', function: 'process.exit()' }], score]],
    [
      'an activation that is not run',
      'swishy',
      [['Dense', { name: 'swishy', units: 3, activation: 'swish', ...open }], score],
    ],
    [
      'a regulariser',
      'penalised',
      [first, ['Dense', { name: 'penalised', units: 3, kernel_regularizer: { class_name: 'L1L2' } }], score],
    ],
    ['frozen weights', 'frozen', [first, ['Dense', { name: 'frozen', units: 3, trainable: false }], score]],
    [
      'another input width',
      'input',
      [['InputLayer', { name: 'input', batch_input_shape: [null, width + 1] }], score],
    ],
    ['a second input', 'again', [first, ['InputLayer', { name: 'again', ...open }], score]],
    ['two output units', 'pair', [first, ['Dense', { name: 'pair', units: 2, activation: 'sigmoid' }]]],
    ['an output that is no sigmoid', 'raw', [first, ['Dense', { name: 'raw', units: 1 }]]],
    [
      'too many parameters',
      'huge',
      [['Dense', { name: 'wide', units: 60_000, ...open }], ['Dense', { name: 'huge', units: 100 }], score],
    ],
    ['no units', 'none', [first, ['Dense', { name: 'none', units: 0 }], score]],
    ['a dropout rate of 1', 'drop', [first, ['Dropout', { name: 'drop', rate: 1 }], score]],
  ];

  it.each(refused)('for %s, naming the layer %s', (_, layer, layers) => {
    const config = { layers: layers.map(([class_name, config]) => ({ class_name, config })) };
    const model = { kind: 'layers' as const, topology: { class_name: 'Sequential', config } };
    expect(() => networkOf(model, width)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringContaining(`layer ${layer}:`) }),
    );
  });

  it.each([
    ['nothing', {}],
    ['a list', { class_name: 'Sequential', config: [] }],
    [
      'a cycle',
      graphOf([
        ['a', ['b']],
        ['b', ['a']],
      ]),
    ],
    [
      'a name used twice',
      graphOf([
        ['a', []],
        ['a', ['a']],
      ]),
    ],
    [
      'prototype names',
      { class_name: 'Sequential', config: { layers: [{ class_name: '__proto__', config: {} }] } },
    ],
  ])('when it is %s', (_, topology) => {
    expect(() => networkOf({ kind: 'layers', topology: topology as Record<string, unknown> }, width)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    );
  });
});

describe('initial weights', () => {
  const model = { kind: 'mlp' as const, hidden: [16, 8], activation: 'relu' as const };

  it('depend on the seed alone, stay inside the Glorot limit, and biases are zero', () => {
    const weights = initialWeights(specOf({ model, training: { seed: 7 } }), width);
    expect(initialWeights(specOf({ model, training: { seed: 7 } }), width)).toEqual(weights);
    expect(initialWeights(specOf({ model, training: { seed: 8 } }), width)).not.toEqual(weights);
    for (const { offset, size, shape } of networkOf(model, width).parameters) {
      const values = weights.subarray(offset, offset + size);
      const limit = shape.length === 1 ? 0 : Math.fround(Math.sqrt(6 / (shape[0] + shape[1])));
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
      if (limit > 0) expect(new Set(values).size).toBeGreaterThan(size * 0.99);
    }
  });

  it('are zero for logistic regression', () => {
    expect(initialWeights(specOf(), width)).toEqual(new Float32Array(width + 1));
  });

  it('are as many as the model has parameters', () => {
    expect(countParameters({ kind: 'logistic' }, 23)).toBe(24);
    expect(countParameters(model, width)).toBe(5 * 16 + 16 + 16 * 8 + 8 + 8 + 1);
    expect(initialWeights(specOf({ model }), width).length).toBe(countParameters(model, width));
  });
});

describe('predict', () => {
  it('refuses weights of another model', () => {
    const data = matrixOf(3, width, 4);
    expect(() => predict({ backend, spec: specOf(), weights: new Float32Array(5), data })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    );
  });

  it('gives each row the same score in any block', () => {
    const spec = specOf({ model: { kind: 'mlp', hidden: [4] } });
    const weights = initialWeights(spec, width);
    const data = matrixOf(8200, width, 5);
    const scores = predict({ backend, spec, weights, data });
    const tail = { x: data.x.subarray(8190 * width), rows: 10, width };
    expect(predict({ backend, spec, weights, data: tail })).toEqual(scores.slice(8190));
  });
});

function noDropout(): never {
  throw new Error('the model has no dropout');
}

function graphOf(layers: [string, string[]][]): Record<string, unknown> {
  return {
    class_name: 'Model',
    config: {
      layers: layers.map(([name, from]) => ({
        name,
        class_name: from.length === 0 ? 'InputLayer' : 'Dense',
        config: { units: 1, activation: 'sigmoid', batch_input_shape: [null, width] },
        inbound_nodes: from.length === 0 ? [] : [from.map((input) => [input, 0, 0, {}])],
      })),
      input_layers: [[layers[0]![0], 0, 0]],
      output_layers: [[layers.at(-1)![0], 0, 0]],
    },
  };
}
