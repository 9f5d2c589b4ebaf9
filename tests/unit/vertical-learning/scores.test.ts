import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  calibrated,
  clearRun,
  designOf,
  finishParty,
  fromScoreUnits,
  ownScore,
  ownTerm,
  type PartyModel,
  probabilityOf,
  scoreAt,
  toScoreUnits,
} from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import { columnsOf, labelsFor, largestGap } from './cases.js';

const settings = { parties: 2, l2: 1e-4 };
const columns = [columnsOf(1, 900, 3, 'a'), columnsOf(2, 900, 4, 'b')] as const;
const labels = labelsFor(3, columns);
const designs = [
  designOf(columns[0], { intercept: true }),
  designOf(columns[1], { intercept: false }),
] as const;
const run = clearRun(designs, labels, settings);
const last = Array.from({ length: 10 }, () => run.next().value!).at(-1)!;
const models = designs.map((design, party) => finishParty(design, last.states[party]!, settings)) as [
  PartyModel,
  PartyModel,
];

describe('a party’s half of the model', () => {
  it('scores as coefficient times centred value, and as in training', () => {
    models.forEach((model, party) => {
      const scores = ownScore(model, columns[party]!);
      const linear = scores.map((_, row) =>
        model.columns.reduce(
          (sum, { coefficient, mean }, j) => sum + coefficient * (columns[party]!.values[j]![row]! - mean),
          0,
        ),
      );
      expect(designs[party]!.clippedCells).toBe(0);
      expect(largestGap(scores, linear)).toBeLessThan(1e-12);
      // The training term is a quarter of it in units of 1/1024, from cells rounded to 1/256; the intercept apart.
      const term = ownTerm(designs[party]!, last.states[party]!, settings);
      const inTraining = Array.from(term, (units) => (4 * units) / 1024 - model.intercept);
      expect(largestGap(scores, inTraining)).toBeLessThan(0.01);
      expect(Math.max(...scores.map(Math.abs))).toBeGreaterThan(0.3);
    });
  });

  it('adds up, with intercept shares, to the score of the original columns', () => {
    const joint = ownScore(models[0], columns[0]).map(
      (own, row) => own + ownScore(models[1], columns[1])[row]! + models[0].intercept,
    );
    const original = joint.map((_, row) =>
      models.reduce(
        (sum, model, party) =>
          sum +
          model.interceptShare +
          model.columns.reduce(
            (own, { coefficient }, j) => own + coefficient * columns[party]!.values[j]![row]!,
            0,
          ),
        0,
      ),
    );
    expect(models[1].intercept).toBe(0);
    expect(largestGap(joint, original)).toBeLessThan(1e-12);
  });

  it('scores one customer with the bits of the batch, also after JSON', () => {
    const batch = ownScore(models[0], columns[0]);
    const kept = JSON.parse(JSON.stringify(models[0])) as PartyModel;
    for (const row of [0, 191, 192, 200, 899]) {
      const one = { ...columns[0], values: columns[0].values.map((column) => column.slice(row, row + 1)) };
      expect(ownScore(kept, one)[0]).toBe(batch[row]);
    }
  });

  it('clips in scoring as in training', () => {
    const rare = {
      names: ['rare'],
      values: [Float64Array.from({ length: 1000 }, (_, row) => Number(row < 4))],
    };
    const design = designOf(rare, { intercept: false });
    const model = finishParty(design, { iteration: 1, weights: [0.5], velocity: [0] }, settings);
    expect(ownScore(model, rare)[0]).toBe((0.5 * 2047) / 256);
    const far = { names: ['rare'], values: [Float64Array.of(-1e9)] };
    expect(ownScore(model, far)[0]).toBe((-0.5 * 2047) / 256);
  });

  it('refuses columns of another schema, and missing values', () => {
    const { names, values } = columns[0];
    const others = [
      { names: names.toReversed(), values },
      { names: names.slice(1), values: values.slice(1) },
      { names: names.with(0, 'other'), values },
    ];
    for (const other of others) {
      expect(() => ownScore(models[0], other)).toThrowError(
        expect.objectContaining({ code: 'SCHEMA_DRIFT' }),
      );
    }
    const hole = { names, values: values.with(1, values[1]!.with(5, Number.NaN)) };
    expect(() => ownScore(models[0], hole)).toThrowError(expect.objectContaining({ code: 'DATASET_RANGE' }));
  });

  it('rounds to 1/64 log-odds, within ±64', () => {
    const scores = Float64Array.of(0, 1 / 128, -1 / 128, 0.99, -2.7, 1e6, Number.NEGATIVE_INFINITY);
    expect(Array.from(toScoreUnits(scores))).toEqual([0, 1, 0, 63, -173, 4096, -4096]);
    expect(Array.from(fromScoreUnits([64, -1]))).toEqual([1, -1 / 64]);
    expect(() => toScoreUnits(Float64Array.of(Number.NaN))).toThrowError(
      expect.objectContaining({ code: 'DATASET_RANGE' }),
    );
  });
});

describe('Platt calibration', () => {
  const draw = (seed: number, slope: number, intercept: number, rows: number) => {
    const random = seededRandom('platt', seed);
    const scores = Array.from({ length: rows }, () => Math.round(64 * 6 * (random.unit() - 0.5)) / 64);
    const bad = scores.map((score) => Number(random.unit() < 1 / (1 + Math.exp(-slope * score - intercept))));
    return { scores, labels: bad };
  };
  const setting = fc.record({
    seed: fc.nat(1e6),
    slope: fc.double({ min: -4, max: 6, noNaN: true }),
    intercept: fc.double({ min: -2, max: 2, noNaN: true }),
  });
  const bothClasses = (given: { labels: number[] }) => given.labels.includes(0) && given.labels.includes(1);

  it('satisfies the optimality conditions of Platt’s smoothed targets', () => {
    fc.assert(
      fc.property(setting, fc.integer({ min: 10, max: 300 }), ({ seed, slope, intercept }, rows) => {
        const given = draw(seed, slope, intercept, rows);
        fc.pre(bothClasses(given) && new Set(given.scores).size > 1);
        const fit = calibrate(given.scores, given.labels);
        const bads = given.labels.filter((label) => label === 1).length;
        const target = [1 / (rows - bads + 2), (bads + 1) / (bads + 2)];
        const errors = given.scores.map(
          (score, row) =>
            1 / (1 + Math.exp(-fit.slope * score - fit.intercept)) - target[given.labels[row]!]!,
        );
        const sum = errors.reduce((total, error) => total + error, 0);
        const moment = errors.reduce((total, error, row) => total + error * given.scores[row]!, 0);
        expect(Math.abs(sum)).toBeLessThan(1e-4);
        expect(Math.abs(moment)).toBeLessThan(1e-4);
        expect(fit).toMatchObject({ rows, bads });
      }),
    );
  });

  it('recovers slope and intercept of simulated labels', () => {
    const { scores, labels: bad } = draw(1, 1.7, -0.8, 100_000);
    const fit = calibrate(scores, bad);
    expect(Math.abs(fit.slope - 1.7)).toBeLessThan(0.04);
    expect(Math.abs(fit.intercept + 0.8)).toBeLessThan(0.04);
  });

  it('has an exact inverse', () => {
    fc.assert(
      fc.property(
        setting,
        fc.double({ min: -20, max: 20, noNaN: true }),
        ({ seed, slope, intercept }, score) => {
          const given = draw(seed, slope, intercept, 120);
          fc.pre(bothClasses(given));
          const fit = calibrate(given.scores, given.labels);
          fc.pre(Math.abs(fit.slope) > 1e-3);
          expect(scoreAt(fit, calibrated(fit, score))).toBeCloseTo(score, 9);
        },
      ),
    );
  });

  it('stays finite on separated scores and between the smoothed targets', () => {
    const fit = calibrate([-2, -1, 1, 2], [0, 0, 1, 1]);
    const p = [-2, -1, 1, 2].map((score) => probabilityOf(calibrated(fit, score)));
    expect(p.every((value, i) => i === 0 || value > p[i - 1]!)).toBe(true);
    expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(2 * 0.25 + 2 * 0.75, 6);
  });

  it('refuses one class, and scores that are all alike', () => {
    expect(() => calibrate([1, 2], [1, 1])).toThrowError(
      expect.objectContaining({ code: 'DATASET_ONE_CLASS' }),
    );
    expect(() => calibrate([], [])).toThrowError(expect.objectContaining({ code: 'DATASET_ONE_CLASS' }));
    expect(() => calibrate([1, 1, 1], [0, 1, 1])).toThrowError(
      expect.objectContaining({ code: 'FEATURE_CONSTANT' }),
    );
    expect(() => scoreAt({ slope: 0, intercept: 0, rows: 2, bads: 1 }, 0.5)).toThrowError(
      expect.objectContaining({ code: 'FEATURE_CONSTANT' }),
    );
  });
});
