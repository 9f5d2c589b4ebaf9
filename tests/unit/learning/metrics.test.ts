import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exactMetrics,
  metricsFromHistogram,
  probabilityOf,
  scoreHistogram,
} from '../../../learning/index.js';
import { lossOfBad } from '../../../learning/metrics/elementary.js';
import { binCentre, binOf, scoresOnGrid } from '../../../learning/metrics/score-grid.js';
import { readTrainingLoss, trainingLossPart } from '../../../learning/metrics/training-loss.js';
import { seededRandom } from '../../../learning/random.js';
import { added, specOf } from './cases.js';

const logit = (p: number) => Math.log(p / (1 - p));
const bothClasses = (labels: readonly number[]) => labels.includes(0) && labels.includes(1);
/** Few distinct scores, so that ties are common. */
const scoredRows = fc
  .array(fc.tuple(fc.integer({ min: -6, max: 6 }), fc.constantFrom(0, 1)), { minLength: 2, maxLength: 60 })
  .filter((rows) => bothClasses(rows.map(([, label]) => label)));

describe('exact metrics', () => {
  it('give the values of the scikit-learn documentation', () => {
    // roc_auc_score / metrics guide: y 0 0 1 1, scores .1 .4 .35 .8.
    expect(exactMetrics([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])?.auc).toBe(0.75);
    // brier_score_loss: y 0 1 1 0, p .1 .9 .8 .3.
    const brier = exactMetrics([0.1, 0.9, 0.8, 0.3].map(logit), [0, 1, 1, 0])?.brier;
    expect(brier).toBeCloseTo(0.0375, 12);
    // log_loss: spam ham ham spam, p(spam) .9 .1 .2 .65.
    const logLoss = exactMetrics([0.9, 0.1, 0.2, 0.65].map(logit), [1, 0, 0, 1])?.logLoss;
    expect(logLoss).toBeCloseTo(0.21616187, 8);
  });

  it('take KS between tied groups only', () => {
    // Good rates at or below each score: 1/2, 1, 1; bad: 0, 1/3, 1. Largest gap 2/3.
    expect(exactMetrics([1, 2, 2, 3, 3], [0, 0, 1, 1, 1])?.ks).toBeCloseTo(2 / 3, 12);
    expect(exactMetrics([5, 5, 5, 5], [0, 1, 0, 1])).toMatchObject({ auc: 0.5, ks: 0, gini: 0 });
  });

  it('equal pair counting and a scan over all thresholds', () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        const bads = rows.filter(([, label]) => label === 1).map(([score]) => score);
        const goods = rows.filter(([, label]) => label === 0).map(([score]) => score);
        const wins = bads.flatMap((bad) => goods.map((good) => (bad > good ? 1 : bad === good ? 0.5 : 0)));
        const below = (scores: number[], at: number) =>
          scores.filter((score) => score <= at).length / scores.length;
        const gaps = rows.map(([score]) => Math.abs(below(goods, score) - below(bads, score)));
        const metrics = exactMetrics(
          rows.map(([score]) => score),
          rows.map(([, label]) => label),
        );
        expect(metrics?.auc).toBeCloseTo(wins.reduce<number>((sum, win) => sum + win, 0) / wins.length, 12);
        expect(metrics?.ks).toBeCloseTo(Math.max(...gaps), 12);
        expect(metrics?.gini).toBeCloseTo(2 * metrics!.auc - 1, 12);
      }),
    );
  });

  it('are undefined when a class is empty', () => {
    expect(exactMetrics([1, 2], [1, 1])).toBeUndefined();
    expect(exactMetrics([], [])).toBeUndefined();
  });
});

describe('metrics from summed score histograms', () => {
  const binsGiven = fc.constantFrom(1000, 1024, 2048, 3001, 16_384);
  /** Log-odds from narrow, wide, far-off and tied distributions. */
  const distribution = fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    rows: fc.integer({ min: 20, max: 400 }),
    centre: fc.double({ min: -18, max: 18, noNaN: true }),
    spread: fc.constantFrom(0, 1e-4, 0.05, 1, 6),
    badShare: fc.constantFrom(0.02, 0.3, 0.5, 0.97),
  });

  it('equal those of the pooled predictions, however the scores lie', () => {
    fc.assert(
      fc.property(distribution, binsGiven, ({ seed, rows, centre, spread, badShare }, bins) => {
        const spec = specOf({ evaluation: { bins } });
        const random = seededRandom('scores', seed);
        const labels = Array.from({ length: rows }, (_, row) => Number(row < 1 || random.unit() < badShare));
        const raw = Float32Array.from(labels, (label) => centre + spread * (label + 4 * random.unit() - 2));
        const scores = scoresOnGrid(raw, bins);
        const parts = [0, 1, 2].map((part) => {
          const own = labels.flatMap((_, row) => (row % 3 === part ? [row] : []));
          return scoreHistogram(
            own.map((row) => scores[row]!),
            own.map((row) => labels[row]!),
            spec,
          ).values;
        });
        const joint = metricsFromHistogram(added(parts), spec);
        const pooled = exactMetrics(scores, labels);
        expect(joint === undefined).toBe(pooled === undefined);
        for (const name of ['auc', 'ks', 'gini', 'rows', 'positives'] as const) {
          expect(joint?.[name]).toBe(pooled?.[name]);
        }
        // Scores are float32, bin centres doubles.
        if (pooled) expect(Math.abs(joint!.brier - pooled.brier)).toBeLessThan(1e-6);
        if (pooled) expect(Math.abs(joint!.logLoss - pooled.logLoss)).toBeLessThan(1e-5);
      }),
      { numRuns: 60 },
    );
  });

  it('stay within 1e-3 of the metrics before rounding to the grid, on a credit-like population', () => {
    const spec = specOf();
    const random = seededRandom('population', 1);
    const normal = () =>
      Array.from({ length: 12 }, () => random.unit()).reduce((sum, value) => sum + value, -6);
    const labels = Array.from({ length: 40_000 }, () => Number(random.unit() < 0.22));
    const raw = Float32Array.from(labels, (label) => -1.5 + label + normal());
    const joint = metricsFromHistogram(scoreHistogram(raw, labels, spec).values, spec)!;
    const exact = exactMetrics(raw, labels)!;
    for (const name of ['auc', 'ks', 'gini', 'brier', 'logLoss'] as const) {
      expect(Math.abs(joint[name] - exact[name])).toBeLessThan(1e-3);
    }
  });

  it('are undefined for an empty class and for counts that nobody can have', () => {
    const spec = specOf();
    const goodsOnly = scoreHistogram([0.1, 0.2], [0, 0], spec).values;
    expect(metricsFromHistogram(goodsOnly, spec)).toBeUndefined();
    const both = scoreHistogram([0.1, 0.2], [0, 1], spec).values;
    expect(metricsFromHistogram(both, spec)).toBeDefined();
    both[0] = -1;
    expect(metricsFromHistogram(both, spec)).toBeUndefined();
    expect(() => metricsFromHistogram(new Float64Array(5), spec)).toThrow(
      expect.objectContaining({ code: 'SUM_MALFORMED' }),
    );
  });

  it('refuse a score that is NaN', () => {
    expect(() => scoreHistogram([Number.NaN], [1], specOf())).toThrow(
      expect.objectContaining({ code: 'UPDATE_NOT_FINITE' }),
    );
  });
});

describe('the score grid', () => {
  it('keeps order, and centres stay in their bins as float32', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 16_384 }),
        fc.float({ noNaN: true }),
        fc.float({ noNaN: true }),
        (bins, one, two) => {
          const [low, high] = one < two ? [one, two] : [two, one];
          expect(binOf(low, bins)).toBeLessThanOrEqual(binOf(high, bins));
          const bin = binOf(one, bins);
          expect(binOf(Math.fround(binCentre(bin, bins)), bins)).toBe(bin);
          if (Math.abs(one) < 16) {
            const centre = binCentre(bin, bins);
            const stretch = (4 + Math.max(Math.abs(one), Math.abs(centre))) / 4;
            expect(Math.abs(centre - one)).toBeLessThanOrEqual((3.2 / bins) * stretch * stretch + 1e-9);
          }
        },
      ),
    );
  });

  it('moves no metric of 6,000 rows by more than 1e-3 at the default number of bins', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seededRandom('grid', seed);
      const normal = () => {
        const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
        return radius * Math.cos(2 * Math.PI * random.unit());
      };
      const labels = Array.from({ length: 6000 }, () => Number(random.unit() < 0.28));
      const raw = Float32Array.from(labels, (label) => (label === 1 ? 1.2 * normal() : normal() - 1.5));
      const gridded = exactMetrics(scoresOnGrid(raw, specOf().evaluation.bins), labels)!;
      const exact = exactMetrics(raw, labels)!;
      for (const name of ['auc', 'ks', 'gini', 'brier', 'logLoss'] as const) {
        expect(Math.abs(gridded[name] - exact[name])).toBeLessThan(1e-3);
      }
    }
  });
});

describe('elementary functions', () => {
  it('agree with Math to 1e-14', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (z) => {
        const probability = 1 / (1 + Math.exp(-z));
        expect(Math.abs(probabilityOf(z) / probability - 1)).toBeLessThan(1e-14);
        const loss = Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
        expect(Math.abs(lossOfBad(z) / loss - 1)).toBeLessThan(1e-14);
      }),
    );
  });
});

describe('the joint training loss', () => {
  it('is the row-weighted mean of the losses, to the resolution of its slots', () => {
    const participant = fc.tuple(
      fc.double({ min: 0, max: 30, noNaN: true }),
      fc.integer({ min: 1, max: 100_000_000 }),
    );
    fc.assert(
      fc.property(fc.array(participant, { minLength: 2, maxLength: 20 }), (given) => {
        const parts = given.map(([loss, rows]) => trainingLossPart(loss, rows));
        for (const { values, maxAbs } of parts) {
          expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= maxAbs)).toBe(
            true,
          );
        }
        const rows = given.reduce((sum, [, own]) => sum + own, 0);
        const mean = given.reduce((sum, [loss, own]) => sum + loss * own, 0) / rows;
        const read = readTrainingLoss(added(parts.map(({ values }) => values)), rows);
        expect(Math.abs(read - mean)).toBeLessThanOrEqual((given.length * 2 ** -17) / rows + 1e-9 * mean);
      }),
    );
  });
});
