import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  applyUpdate,
  encode,
  exactMetrics,
  loadBackend,
  localUpdate,
  type Matrix,
  magnitudesVector,
  metricsFromHistogram,
  momentsVector,
  predict,
  readMagnitudes,
  readMoments,
  scoreHistogram,
  startState,
  type Table,
} from '../../../learning/index.js';
import { added, hashKey, specOf } from './cases.js';

const categories = ['Records', 'Home', 'Marital', 'Job'];
const [header, ...lines] = gunzipSync(readFileSync('examples/credit/credit.csv.gz'))
  .toString()
  .trim()
  .split('\n');
const names = header!.split(',');
const rows = lines.map((line) => line.split(','));
const features = names.filter((name) => name !== 'id' && name !== 'y');

/** The bundled customers of one participant, or of all. */
function customers(keep: (id: number) => boolean): Table {
  const own = rows.filter(([id]) => keep(Number(id)));
  const texts = (name: string) => own.map((row) => row[names.indexOf(name)]!);
  return {
    rows: own.length,
    numbers: new Map(
      features
        .filter((name) => !categories.includes(name))
        .map((name) => [
          name,
          Float64Array.from(texts(name), (text) => (text === '' ? Number.NaN : Number(text))),
        ]),
    ),
    categories: new Map(
      categories.map((name) => {
        const levels = [...new Set(texts(name))].filter((text) => text !== '').sort();
        return [name, { levels, codes: Int32Array.from(texts(name), (text) => levels.indexOf(text)) }];
      }),
    ),
    label: Uint8Array.from(texts('y'), Number),
    test: Uint8Array.from(texts('id'), (id) => Number(Number(id) % 5 === 0)),
  };
}

/** Ridge logistic regression by Newton's method (IRLS) in plain doubles: weights, then bias. */
function newtonFit({ x, y, rows: count, width }: Matrix, l2: number): Float64Array {
  const size = width + 1;
  const weights = new Float64Array(size);
  const value = (row: number, column: number) => (column < width ? x[row * width + column]! : 1);
  for (let iteration = 0; iteration < 12; iteration++) {
    const system = Array.from({ length: size }, () => new Float64Array(size + 1));
    for (let row = 0; row < count; row++) {
      const z = weights.reduce((sum, weight, column) => sum + weight * value(row, column), 0);
      const p = 1 / (1 + Math.exp(-z));
      for (let i = 0; i < size; i++) {
        system[i]![size]! += ((y[row]! - p) * value(row, i)) / count;
        for (let j = 0; j < size; j++)
          system[i]![j]! += (p * (1 - p) * value(row, i) * value(row, j)) / count;
      }
    }
    for (let i = 0; i < width; i++) {
      system[i]![i]! += 2 * l2;
      system[i]![size]! -= 2 * l2 * weights[i]!;
    }
    solved(system).forEach((step, column) => {
      weights[column]! += step;
    });
  }
  return weights;
}

/** Gauss-Jordan with pivoting of [A | b]. */
function solved(system: Float64Array[]): number[] {
  const size = system.length;
  for (let column = 0; column < size; column++) {
    const pivot = system
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    system.splice(system.indexOf(pivot), 1);
    system.splice(column, 0, pivot);
    for (const row of system) {
      if (row === pivot) continue;
      const factor = row[column]! / pivot[column]!;
      for (let other = column; other <= size; other++) row[other]! -= factor * pivot[other]!;
    }
  }
  return system.map((row, index) => row[size]! / row[index]!);
}

describe('joint logistic regression on the bundled loans', () => {
  it('comes within 1 % AUC of a Newton fit on the pooled rows', async () => {
    const backend = await loadBackend();
    const spec = specOf({
      features: Object.fromEntries(
        features.map((name) => [name, categories.includes(name) ? 'category' : 'number']),
      ),
      training: { rounds: 8, epochs: 2, batchRows: 64, learningRate: 0.01, l2: 1e-3 },
    });
    const tables = [0, 1, 2].map((part) => customers((id) => id % 3 === part));
    const counts = tables.map((table) => magnitudesVector(table, spec, hashKey).values);
    const magnitudes = readMagnitudes(added(counts), spec);
    const moments = tables.map((table) => momentsVector(table, spec, magnitudes).values);
    const encoding = readMoments(added(moments), spec, magnitudes);
    const train = tables.map((table) => encode(table, encoding, hashKey, 'train'));
    const total = train.reduce((sum, { rows: own }) => sum + own, 0);

    let state = startState(spec, encoding.width);
    for (let round = 1; round <= spec.training.rounds; round++) {
      const deltas = train.map((data, index) => {
        const participant = spec.participants[index]!;
        const { delta } = localUpdate({ backend, spec, weights: state.weights, data, round, participant });
        return Float64Array.from(delta, (value) => (value * data.rows) / total);
      });
      state = applyUpdate(state, added(deltas), spec);
    }
    const histograms = tables.map((table) => {
      const data = encode(table, encoding, hashKey, 'test');
      return scoreHistogram(predict({ backend, spec, weights: state.weights, data }), data.y, spec).values;
    });
    const joint = metricsFromHistogram(added(histograms), spec)!;

    const pooled = customers(() => true);
    const fit = newtonFit(encode(pooled, encoding, hashKey, 'train'), spec.training.l2);
    const test = encode(pooled, encoding, hashKey, 'test');
    const scores = Array.from({ length: test.rows }, (_, row) =>
      fit.reduce(
        (sum, weight, column) =>
          sum + weight * (column < test.width ? test.x[row * test.width + column]! : 1),
        0,
      ),
    );
    const central = exactMetrics(scores, test.y)!;
    expect(joint.rows).toBe(test.rows);
    expect(joint.auc).toBeGreaterThan(0.99 * central.auc);
    // scikit-learn's logistic regression on z-scores and one-hot categories of these rows: 0.816.
    expect(Math.abs(central.auc / 0.816 - 1)).toBeLessThan(0.01);
  });
});
