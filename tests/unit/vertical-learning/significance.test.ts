import { describe, expect, it } from 'vitest';
import {
  coefficientTable,
  designOf,
  type FeatureColumns,
  finishParty,
  fitSolo,
  soloScore,
  weightedCoefficientTable,
} from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import { columnsOf, inverse, labelsFor, multiply, type Rows, transposed } from './cases.js';

const rows = 800;
const columns = columnsOf(21, rows, 4);
const design = designOf(columns, { intercept: false });
const model = finishParty(
  design,
  { iteration: 9, weights: [0.6, -0.2, 0, 1.1], velocity: [] },
  { parties: 2, l2: 0 },
);

const centred = ({ values }: FeatureColumns): Rows => {
  const means = values.map(
    (column) => Array.from(column).reduce((sum, value) => sum + value, 0) / column.length,
  );
  return Array.from(values[0]!, (_, row) => values.map((column, j) => column[row]! - means[j]!));
};

describe('coefficients of a party’s own columns', () => {
  it('have the standard errors of the inverse information, with the mean weight', () => {
    const table = coefficientTable(design, model, { slope: 1.8, meanWeight: 0.16 });
    const x = centred(columns);
    const covariance = inverse(multiply(transposed(x), x).map((row) => row.map((value) => 0.16 * value)));
    table.forEach((row, j) => {
      expect(row.name).toBe(`x${j}`);
      expect(row.coefficient).toBeCloseTo(1.8 * model.columns[j]!.coefficient, 12);
      expect(row.standardError / Math.sqrt(covariance[j]![j]!)).toBeCloseTo(1, 9);
      expect(row.z).toBeCloseTo(row.coefficient / row.standardError, 12);
    });
  });

  it('use the weights of released rows at the label holder, the intercept taken into account', () => {
    const random = seededRandom('weights', 1);
    const weights = Float64Array.from({ length: rows }, () => 0.25 * random.unit());
    const x = centred(columns).map((row) => [...row, 1]);
    const weighted = x.map((row, i) => row.map((value) => value * weights[i]!));
    const covariance = inverse(multiply(transposed(weighted), x));
    const table = weightedCoefficientTable(design, model, { columns, weights, slope: 1 });
    table.forEach(({ standardError }, j) => {
      expect(standardError / Math.sqrt(covariance[j]![j]!)).toBeCloseTo(1, 9);
    });
    // Half of the rows released: the same table but for chance, not one with errors larger by the root of 2.
    const half = {
      names: columns.names,
      values: columns.values.map((column) => column.subarray(0, rows / 2)),
    };
    const fromHalf = weightedCoefficientTable(design, model, {
      columns: half,
      weights: weights.subarray(0, rows / 2),
      slope: 1,
    });
    fromHalf.forEach(({ standardError }, j) => {
      expect(Math.abs(standardError / table[j]!.standardError - 1)).toBeLessThan(0.15);
    });
    const none = { names: columns.names, values: columns.values.map((column) => column.subarray(0, 0)) };
    expect(() =>
      weightedCoefficientTable(design, model, { columns: none, weights: new Float64Array(0), slope: 1 }),
    ).toThrowError(expect.objectContaining({ code: 'SCORES_NOT_RELEASED' }));
  });

  it('have VIFs of 1 / (1 - R^2), and 1e6 for repeated columns', () => {
    const table = coefficientTable(design, model, { slope: 1, meanWeight: 0.2 });
    const x = centred(columns);
    table.forEach(({ vif }, j) => {
      const others = x.map((row) => row.filter((_, at) => at !== j));
      const target = x.map((row) => [row[j]!]);
      const beta = multiply(
        inverse(multiply(transposed(others), others)),
        multiply(transposed(others), target),
      );
      const fitted = multiply(others, beta).flat();
      const total = target.reduce((sum, [value]) => sum + value! * value!, 0);
      const left = target.reduce((sum, [value], row) => sum + (value! - fitted[row]!) ** 2, 0);
      expect(vif / (total / left)).toBeCloseTo(1, 5);
    });
    const twin = {
      names: ['a', 'b', 'c'],
      values: [columns.values[0]!, columns.values[0]!, columns.values[1]!],
    };
    const twins = designOf(twin, { intercept: false });
    const fit = finishParty(
      twins,
      { iteration: 9, weights: [0.5, 0.5, 1], velocity: [] },
      { parties: 2, l2: 1e-4 },
    );
    const [a, b, c] = coefficientTable(twins, fit, { slope: 1, meanWeight: 0.2 });
    expect(Math.abs(a!.vif / 1e6 - 1)).toBeLessThan(0.01);
    expect(b!.vif).toBeCloseTo(a!.vif, 0);
    expect(c!.vif).toBeLessThan(2);
    expect(a!.standardError).toBeGreaterThan(20 * c!.standardError);
    expect(Number.isFinite(a!.pValue)).toBe(true);
  });

  it('call noise significant at the rate that was asked for', () => {
    // 100 fits of four columns that have nothing to do with the labels.
    let below = 0;
    for (let seed = 0; seed < 100; seed++) {
      const noise = columnsOf(1000 + seed, 400, 4);
      const random = seededRandom('noise', seed);
      const labels = Uint8Array.from({ length: 400 }, () => Number(random.unit() < 0.3));
      below += fitSolo(noise, labels, { l2: 0 }).columns.filter(({ pValue }) => pValue < 0.1).length;
    }
    // 40 expected, deviation 6.
    expect(below).toBeGreaterThan(20);
    expect(below).toBeLessThan(62);
  });
});

describe('the label holder’s own fit', () => {
  const labels = labelsFor(22, [columns]);

  it('satisfies the optimality conditions, intercept free', () => {
    for (const l2 of [0, 1e-3, 0.5]) {
      const fit = fitSolo(columns, labels, { l2 });
      const errors = soloScore(fit, columns).map((score, row) => 1 / (1 + Math.exp(-score)) - labels[row]!);
      expect(Math.abs(errors.reduce((sum, error) => sum + error, 0)) / rows).toBeLessThan(1e-8);
      fit.columns.forEach(({ coefficient }, j) => {
        const slope = errors.reduce((sum, error, row) => sum + error * columns.values[j]![row]!, 0) / rows;
        expect(Math.abs(slope + l2 * coefficient)).toBeLessThan(1e-7);
      });
    }
  });

  it('has the standard errors of the inverse information', () => {
    const fit = fitSolo(columns, labels, { l2: 0 });
    const scores = soloScore(fit, columns);
    const x = Array.from(scores, (_, row) => [...columns.values.map((column) => column[row]!), 1]);
    const weighted = x.map((row, i) => {
      const p = 1 / (1 + Math.exp(-scores[i]!));
      return row.map((value) => value * p * (1 - p));
    });
    const covariance = inverse(multiply(transposed(weighted), x));
    fit.columns.forEach(({ standardError }, j) => {
      expect(standardError / Math.sqrt(covariance[j]![j]!)).toBeCloseTo(1, 6);
    });
  });

  it('refuses one class, constant columns, other columns and separation', () => {
    const one = new Uint8Array(rows);
    expect(() => fitSolo(columns, one, { l2: 0 })).toThrowError(
      expect.objectContaining({ code: 'DATASET_ONE_CLASS' }),
    );
    const constant = { names: ['c'], values: [new Float64Array(rows)] };
    expect(() => fitSolo(constant, labels, { l2: 0 })).toThrowError(
      expect.objectContaining({ code: 'FEATURE_CONSTANT' }),
    );
    const answer = { names: ['answer'], values: [Float64Array.from(labels)] };
    expect(() => fitSolo(answer, labels, { l2: 0 })).toThrowError(
      expect.objectContaining({ code: 'FEATURE_SEPARATES' }),
    );
    expect(fitSolo(answer, labels, { l2: 1e-4 }).columns[0]!.coefficient).toBeGreaterThan(5);
    expect(() => soloScore(fitSolo(columns, labels, { l2: 0 }), constant)).toThrowError(
      expect.objectContaining({ code: 'SCHEMA_DRIFT' }),
    );
  });
});
