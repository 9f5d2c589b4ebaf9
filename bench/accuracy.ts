import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type HorizontalSpec, type HorizontalSpecInput, horizontalSpec, Secret } from '../contract/index.js';
import { dequantise, quantise, quantisedMax } from '../crypto/secure-sum/index.js';
import {
  applyUpdate,
  type Backend,
  centralEncoding,
  type Encoding,
  encode,
  exactMetrics,
  loadBackend,
  localUpdate,
  type Matrix,
  type Metrics,
  magnitudesVector,
  metricsFromHistogram,
  momentsVector,
  predict,
  readMagnitudes,
  readMoments,
  type SumPart,
  scoreHistogram,
  startState,
  type Table,
} from '../learning/index.js';
import { InProcessSums } from './accuracy-sum.js';
import { readCreditRows, tableOf } from './credit-rows.js';

const participants = ['bank-a', 'bank-b', 'platform-x'];
const hashKey = new Secret(new Uint8Array(32).fill(1));

const compared: HorizontalSpecInput['model'][] = [{ kind: 'logistic' }, { kind: 'mlp', hidden: [32, 16] }];

/** What the bench takes from the process environment. */
interface Environment {
  readonly FEDRISK_DATA?: string | undefined;
}

/**
 * Joint training through encrypted sums against central training of the same model on the pooled rows of
 * default_credit (UCI, 30,000 customers; the folder default_credit of the data directory). The ratio is the smallest
 * joint AUC / central AUC over the models; at least 0.995 is required.
 */
export async function run(args: readonly string[], environment: Environment = {}): Promise<void> {
  const data = args[0] ?? environment.FEDRISK_DATA;
  const folder = join(data ?? '', 'default_credit');
  if (data === undefined || !existsSync(folder)) {
    console.log(
      'accuracy: skipped; give a directory with default_credit/{bank,platform}.csv.gz as argument or as FEDRISK_DATA',
    );
    console.log(JSON.stringify({ bench: 'accuracy', skipped: true }));
    return;
  }
  const startedMs = performance.now();
  const rows = readCreditRows(folder);
  const parts = participants.map((_, part) => tableOf(rows, [], (id) => id % 3 === part));
  const pooled = tableOf(rows, [], () => true);
  const features = Object.fromEntries([...rows.columns.keys()].map((name) => [name, 'number' as const]));
  const backend = await loadBackend();
  const models = [];
  for (const model of compared) {
    const spec = specOf(features, model);
    const joint = await trainJointly(backend, spec, parts);
    const central = trainCentrally(backend, spec, pooled);
    const ratio = joint.auc / central.auc;
    models.push({ model: model.kind, joint: shown(joint), central: shown(central), ratio });
    console.log(
      `${model.kind}: joint AUC ${joint.auc.toFixed(4)} KS ${joint.ks.toFixed(4)}, ` +
        `central AUC ${central.auc.toFixed(4)} KS ${central.ks.toFixed(4)}, ratio ${ratio.toFixed(4)}`,
    );
  }
  const ratio = Math.min(...models.map((entry) => entry.ratio));
  console.log(
    JSON.stringify({
      bench: 'accuracy',
      seconds: (performance.now() - startedMs) / 1000,
      baseline: 'the same model trained centrally on the pooled rows of default_credit',
      ratio,
      required: 0.995,
      met: ratio >= 0.995,
      models,
    }),
  );
}

function specOf(
  features: HorizontalSpecInput['features'],
  model: HorizontalSpecInput['model'],
): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'accuracy',
    mode: 'horizontal',
    purpose: 'benchmark',
    participants,
    dataset: 'default-credit',
    features,
    model,
    training: { rounds: 10, epochs: 2, batchRows: 512, learningRate: 0.005 },
    update: { rowsCap: 30_000 },
    nonce: '00'.repeat(32),
  });
}

async function trainJointly(
  backend: Backend,
  spec: HorizontalSpec,
  tables: readonly Table[],
): Promise<Metrics> {
  const sums = await InProcessSums.open(participants);
  const encoding = await agreeEncoding(sums, spec, tables);
  const train = tables.map((table) => encode(table, encoding, hashKey, 'train'));
  let state = startState(spec, encoding.width);
  for (let round = 1; round <= spec.training.rounds; round++) {
    const updates = train.map((data, index) =>
      localUpdate({ backend, spec, weights: state.weights, data, round, participant: participants[index]! }),
    );
    const parts = updates.map(({ delta, rows }) => updatePart(delta, rows, spec));
    const opened = await sums.sum('update', round, parts);
    const totalRows = opened.at(-1)!;
    state = applyUpdate(state, dequantise(opened.subarray(0, -1), totalRows, spec.update), spec);
  }
  const histograms = tables.map((table) => {
    const data = encode(table, encoding, hashKey, 'test');
    return scoreHistogram(predict({ backend, spec, weights: state.weights, data }), data.y, spec);
  });
  return measured(metricsFromHistogram(await sums.sum('evaluation', 0, histograms), spec));
}

async function agreeEncoding(
  sums: InProcessSums,
  spec: HorizontalSpec,
  tables: readonly Table[],
): Promise<Encoding> {
  const counts = tables.map((table) => magnitudesVector(table, spec, hashKey));
  const magnitudes = readMagnitudes(await sums.sum('magnitudes', 0, counts), spec);
  const moments = tables.map((table) => momentsVector(table, spec, magnitudes));
  return readMoments(await sums.sum('moments', 0, moments), spec, magnitudes);
}

/** The quantised, row-weighted update, then the row count in its own slot. */
function updatePart(delta: Float32Array, rows: number, spec: HorizontalSpec): SumPart {
  const quantised = quantise(delta, rows, randomBytes(32), spec.update);
  const values = new Float64Array(quantised.length + 1);
  values.set(quantised);
  values[quantised.length] = rows;
  return { values, maxAbs: Math.max(quantisedMax(spec.update.bits), spec.update.rowsCap) };
}

function trainCentrally(backend: Backend, spec: HorizontalSpec, table: Table): Metrics {
  const encoding = centralEncoding(table, spec, hashKey);
  const data: Matrix = encode(table, encoding, hashKey, 'train');
  const test = encode(table, encoding, hashKey, 'test');
  let state = startState(spec, encoding.width);
  for (let round = 1; round <= spec.training.rounds; round++) {
    const { delta } = localUpdate({
      backend,
      spec,
      weights: state.weights,
      data,
      round,
      participant: 'pooled',
    });
    state = applyUpdate(state, Float64Array.from(delta), spec);
  }
  return measured(exactMetrics(predict({ backend, spec, weights: state.weights, data: test }), test.y));
}

function measured(metrics: Metrics | undefined): Metrics {
  if (!metrics) throw new Error('a class is empty among the test rows');
  return metrics;
}

const shown = ({ auc, ks }: Metrics) => ({ auc, ks });
