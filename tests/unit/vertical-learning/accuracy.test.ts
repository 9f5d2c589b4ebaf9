import { describe, expect, it } from 'vitest';
import {
  aucDifference,
  calibrate,
  calibrated,
  clearRun,
  coefficientTable,
  designOf,
  exactMetrics,
  finishParty,
  fitSolo,
  fromScoreUnits,
  ownScore,
  probabilityOf,
  soloScore,
  toScoreUnits,
  weightedCoefficientTable,
} from '../../../learning/index.js';
import { inverse, multiply, type Rows, transposed } from './cases.js';
import { baseline, creditRows, sharedRows, type WoeRows } from './woe-rows.js';

const settings = { parties: 2, l2: 1e-4 };

function jointFit({ bank, platform, trainLabels }: WoeRows) {
  const designs = [
    designOf(bank.train, { intercept: true }),
    designOf(platform.train, { intercept: false }),
  ] as const;
  const run = clearRun(designs, trainLabels, settings);
  const { states } = Array.from({ length: 10 }, () => run.next().value!).at(-1)!;
  const models = [
    finishParty(designs[0], states[0]!, settings),
    finishParty(designs[1], states[1]!, settings),
  ] as const;
  const scores = (part: 'train' | 'test') => {
    const own = toScoreUnits(ownScore(models[0], bank[part]).map((score) => score + models[0].intercept));
    const other = toScoreUnits(ownScore(models[1], platform[part]));
    return fromScoreUnits(own.map((units, row) => units + other[row]!));
  };
  return { designs, models, scores };
}

/** scikit-learn's logistic regression on WOE columns, test rows (oracles/credit_data.baseline.json). */
const creditJoint = { auc: 0.81935, ks: 0.50718 };
const creditBank = { auc: 0.710688, ks: 0.32412 };

describe('the quantised fit on real loans', () => {
  const sets: [string, () => WoeRows | undefined][] = [
    ['credit_data', creditRows],
    ['default_credit', () => sharedRows('default_credit')],
    ['lendingclub', () => sharedRows('lendingclub', ['int_rate', 'sub_grade'])],
  ];
  for (const [name, load] of sets) {
    const reference = baseline(name, 'joint') ?? (name === 'credit_data' ? creditJoint : undefined);
    it.skipIf(!reference)(`is within 1 % AUC and 0.015 KS of the centralised one: ${name}`, () => {
      const rows = load()!;
      const metrics = exactMetrics(jointFit(rows).scores('test'), rows.testLabels)!;
      expect(metrics.auc).toBeGreaterThan(0.99 * reference!.auc);
      expect(metrics.auc).toBeLessThan(1.01 * reference!.auc);
      expect(Math.abs(metrics.ks - reference!.ks)).toBeLessThan(0.015);
    });
  }

  const rows = creditRows();
  const joint = jointFit(rows);
  const calibration = calibrate(joint.scores('train'), rows.trainLabels);

  it('gives calibrated probabilities, and more than the bank alone', () => {
    const logOdds = joint.scores('test').map((score) => calibrated(calibration, score));
    const metrics = exactMetrics(logOdds, rows.testLabels)!;
    // The centralised fit has a Brier score of 0.1526.
    expect(metrics.brier).toBeLessThan(0.1526 * 1.01);
    const solo = fitSolo(rows.bank.train, rows.trainLabels, { l2: 1 / rows.trainLabels.length });
    const lift = aucDifference(logOdds, soloScore(solo, rows.bank.test), rows.testLabels)!;
    expect(lift.value).toBeCloseTo(creditJoint.auc - creditBank.auc, 2);
    expect(lift.low).toBeGreaterThan(0.05);
    expect(lift.pValue).toBeLessThan(1e-6);
  });

  it('has the bank’s own fit equal to scikit-learn’s', () => {
    // C = 1 there, stopped at a tolerance of 1e-4.
    const solo = fitSolo(rows.bank.train, rows.trainLabels, { l2: 1 / rows.trainLabels.length });
    const metrics = exactMetrics(soloScore(solo, rows.bank.test), rows.testLabels)!;
    expect(Math.abs(metrics.auc - creditBank.auc)).toBeLessThan(5e-5);
    expect(Math.abs(metrics.ks - creditBank.ks)).toBeLessThan(1e-4);
  });

  it('has standard errors of own columns near those of the joint exact fit, and says how near', () => {
    const x: Rows = Array.from(rows.trainLabels, (_, row) => [
      ...rows.bank.train.values.map((column) => column[row]!),
      ...rows.platform.train.values.map((column) => column[row]!),
      1,
    ]);
    const exact = newton(x, rows.trainLabels);
    const weights = Float64Array.from(joint.scores('train'), (score) => {
      const p = probabilityOf(calibrated(calibration, score));
      return p * (1 - p);
    });
    const sharpness = {
      slope: calibration.slope,
      meanWeight: weights.reduce((sum, weight) => sum + weight, 0) / weights.length,
    };
    const tables = joint.models.map((model, party) =>
      coefficientTable(joint.designs[party]!, model, sharpness),
    );
    const table = tables.flat();
    const ratios = table.map(({ standardError }, j) => standardError / exact.errors[j]!);
    // Assets (bank) and Home (platform) are missing for the same customers: 0.75. The others: 0.86 to 1.10.
    expect(Math.min(...ratios)).toBeGreaterThan(0.7);
    expect(Math.max(...ratios)).toBeLessThan(1.15);
    expect(ratios.filter((ratio) => ratio > 0.85)).toHaveLength(table.length - 2);
    const clear = exact.coefficients
      .slice(0, -1)
      .map((coefficient, j) => Math.abs(coefficient) > 5 * exact.errors[j]!);
    clear.forEach((significant, j) => {
      expect(table[j]!.coefficient).toBeCloseTo(exact.coefficients[j]!, 0);
      if (significant) expect(table[j]!.pValue).toBeLessThan(1e-4);
    });

    const released = { columns: rows.bank.train, weights, slope: calibration.slope };
    const weighted = weightedCoefficientTable(joint.designs[0], joint.models[0], released);
    const gaps = (some: readonly { standardError: number }[]) =>
      some
        .map(({ standardError }, j) => Math.abs(standardError / exact.errors[j]! - 1))
        .sort((a, b) => a - b);
    // Row weights take away the other approximation: half of the columns come within 5 %.
    expect(gaps(weighted)[3]).toBeLessThan(0.05);
    expect(gaps(weighted).at(-1)).toBeLessThan(0.3);
  });
});

/** Unpenalised logistic regression by Newton's method, on arrays of rows. */
function newton(x: Rows, labels: ArrayLike<number>): { coefficients: number[]; errors: number[] } {
  let coefficients = x[0]!.map(() => 0);
  for (let step = 0; ; step++) {
    const p = x.map(
      (row) => 1 / (1 + Math.exp(-row.reduce((sum, value, j) => sum + value * coefficients[j]!, 0))),
    );
    const weighted = x.map((row, i) => row.map((value) => value * p[i]! * (1 - p[i]!)));
    const covariance = inverse(multiply(transposed(weighted), x));
    const gradient = multiply(
      transposed(x),
      p.map((value, i) => [value - labels[i]!]),
    );
    const move = multiply(covariance, gradient).flat();
    coefficients = coefficients.map((value, j) => value - move[j]!);
    if (step > 20) throw new Error('no convergence');
    if (Math.max(...move.map(Math.abs)) < 1e-9) {
      return { coefficients, errors: covariance.map((row, j) => Math.sqrt(row[j]!)) };
    }
  }
}
