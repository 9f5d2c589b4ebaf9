import { horizontalSpec } from '../contract/index.js';
import { countParameters, initialWeights, loadBackend, localUpdate } from '../learning/index.js';

const rows = 24_000;
const width = 23;
const hidden = [64, 32];
const batchRows = 64;
const turns = 3;

/** One epoch of local training by our passes on tfjs operations, against tfjs's own `LayersModel.fit`, one thread. */
export async function run() {
  const backend = await loadBackend();
  const { tf } = backend;
  const x = Float32Array.from({ length: rows * width }, (_, k) => Math.sin(k * 12.9898) * 1.5);
  const y = Float32Array.from({ length: rows }, (_, row) =>
    Number(x[row * width]! + x[row * width + 1]! > 0.4),
  );
  const spec = horizontalSpec.parse({
    name: 'bench-training',
    mode: 'horizontal',
    purpose: 'benchmark',
    participants: ['bank-a', 'bank-b', 'platform-x'],
    dataset: 'bench',
    features: { f: 'number' },
    model: { kind: 'mlp', hidden },
    training: { epochs: 1, batchRows, optimizer: 'adam', l2: 0 },
    nonce: '0'.repeat(64),
  });
  const weights = initialWeights(spec, width);
  const ours = () =>
    localUpdate({ backend, spec, weights, data: { x, y, rows, width }, round: 1, participant: 'bank-a' });
  const layers = tf.sequential({
    layers: [
      tf.layers.dense({ units: 64, activation: 'relu', inputShape: [width] }),
      tf.layers.dense({ units: 32, activation: 'relu' }),
      tf.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  layers.compile({ optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy' });
  const [features, labels] = [tf.tensor2d(x, [rows, width]), tf.tensor2d(y, [rows, 1])];
  const fit = () =>
    layers.fit(features, labels, { epochs: 1, batchSize: batchRows, shuffle: false, verbose: 0 });
  const seconds = await best(ours);
  const fitSeconds = await best(fit);
  return {
    seconds,
    baseline: `tfjs LayersModel.fit on the ${backend.name} backend: ${fitSeconds} s`,
    ratio: Number((fitSeconds / seconds).toFixed(2)),
    rows,
    parameters: countParameters(spec.model, width),
  };
}

/** Least wall time of several turns, after one to warm up, in seconds. */
async function best(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn <= turns; turn++) {
    const start = performance.now();
    await work();
    if (turn > 0) least = Math.min(least, performance.now() - start);
  }
  return Number((least / 1000).toFixed(3));
}
