import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aucDifference,
  aucInterval,
  badRateAt,
  exactMetrics,
  ksDifference,
  ksInterval,
  liftTable,
} from '../../../learning/index.js';
import { normalCdf, normalQuantile, twoSidedP } from '../../../learning/metrics/normal.js';
import { seededRandom } from '../../../learning/random.js';

/** Two scores of few values, so that ties are common, and a label. */
const scoredRows = fc
  .array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }), fc.constantFrom(0, 1)), {
    minLength: 4,
    maxLength: 50,
  })
  .filter((rows) => [0, 1].every((label) => rows.filter(([, , own]) => own === label).length >= 2));
const columnsOf = (rows: [number, number, number][]) =>
  [0, 1, 2].map((at) => rows.map((row) => row[at]!)) as [number[], number[], number[]];

/** DeLong's structural components by all pairs (DeLong et al. 1988, equations 5 and 6). */
function components(scores: number[], labels: number[]) {
  const bads = scores.filter((_, row) => labels[row] === 1);
  const goods = scores.filter((_, row) => labels[row] === 0);
  const wins = (bad: number, good: number) => (bad > good ? 1 : bad === good ? 0.5 : 0);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const v10 = bads.map((bad) => mean(goods.map((good) => wins(bad, good))));
  const v01 = goods.map((good) => mean(bads.map((bad) => wins(bad, good))));
  return { auc: mean(v10), v10, v01, mean };
}

function pairCovariance(one: ReturnType<typeof components>, other: ReturnType<typeof components>): number {
  const s = (x: number[], y: number[]) =>
    x.reduce((sum, value, i) => sum + (value - one.auc) * (y[i]! - other.auc), 0) / (x.length - 1) / x.length;
  return s(one.v10, other.v10) + s(one.v01, other.v01);
}

describe('DeLong intervals', () => {
  it('equal the definition by all pairs, ties included', () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        const [one, other, labels] = columnsOf(rows);
        const [a, b] = [components(one, labels), components(other, labels)];
        const single = aucInterval(one, labels)!;
        expect(single.value).toBeCloseTo(a.auc, 12);
        expect(single.value).toBeCloseTo(exactMetrics(one, labels)!.auc, 12);
        expect(single.variance).toBeCloseTo(pairCovariance(a, a), 12);
        const both = aucDifference(one, other, labels)!;
        expect(both.value).toBeCloseTo(a.auc - b.auc, 12);
        const variance = pairCovariance(a, a) + pairCovariance(b, b) - 2 * pairCovariance(a, b);
        expect(both.variance).toBeCloseTo(variance, 12);
      }),
    );
  });

  it('reach 1.96 deviations at 95 %, within [0, 1] for one AUC', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1];
    const scores = [1, 2, 3, 6, 4, 5, 7, 8];
    const { value, low, variance } = aucInterval(scores, labels)!;
    expect((value - low) / Math.sqrt(variance)).toBeCloseTo(1.959963984540054, 9);
    const narrow = aucInterval(scores, labels, 0.8)!;
    expect((narrow.value - narrow.low) / Math.sqrt(variance)).toBeCloseTo(1.2815515655446004, 9);
    expect(aucInterval(scores, labels)!.high).toBeLessThanOrEqual(1);
    expect(aucInterval([1, 2, 3, 4], [0, 0, 1, 1])).toMatchObject({ value: 1, low: 1, high: 1 });
  });

  it('find no difference between scores that rank alike', () => {
    const labels = [0, 1, 0, 1, 1, 0];
    const scores = [1, 2, 3, 4, 5, 6];
    expect(aucDifference(scores, scores.map(Math.exp), labels)).toMatchObject({ value: 0, pValue: 1 });
    expect(aucInterval([1, 2, 3], [0, 0, 1])).toBeUndefined();
    expect(aucDifference([1, 2, 3], [1, 2, 3], [1, 1, 0])).toBeUndefined();
  });

  it('cover the true AUC at the rate that was asked for', () => {
    // Exponential scores with rates 1 and 1/2: P(bad > good) = 2/3.
    let covered = 0;
    for (let seed = 0; seed < 400; seed++) {
      const random = seededRandom('coverage', seed);
      const labels = Array.from({ length: 160 }, (_, row) => Number(row < 60));
      const scores = labels.map((label) => -Math.log(1 - random.unit()) * (1 + label));
      const { low, high } = aucInterval(scores, labels, 0.9)!;
      covered += Number(low <= 2 / 3 && 2 / 3 <= high);
    }
    // 360 expected, deviation 6.
    expect(covered).toBeGreaterThan(338);
    expect(covered).toBeLessThan(382);
  });
});

describe('bootstrap of KS', () => {
  const draw = (seed: number, rows: number) => {
    const random = seededRandom('ks', seed);
    const labels = Array.from({ length: rows }, (_, row) => Number(row % 3 === 0));
    return {
      labels,
      scores: labels.map((label) => -Math.log(1 - random.unit()) * (1 + label)),
      noise: labels.map(() => random.unit()),
    };
  };

  it('covers the true KS about as often as asked for', () => {
    // Exponential with rates 1 and 1/2: the largest gap is 1/4, at 2 ln 2.
    let covered = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { labels, scores } = draw(seed, 300);
      const { low, high, value } = ksInterval(scores, labels, { level: 0.9, replicates: 200, seed })!;
      expect(low).toBeLessThan(high);
      expect(value).toBeCloseTo(exactMetrics(scores, labels)!.ks, 12);
      covered += Number(low <= 0.25 && 0.25 <= high);
    }
    // Plain percentiles cover 75.
    expect(covered).toBeGreaterThan(80);
  });

  it('tells a better score from noise on the same rows, and is the same for the same seed', () => {
    const { labels, scores, noise } = draw(7, 900);
    const better = ksDifference(scores, noise, labels, { seed: 3 })!;
    expect(better.low).toBeGreaterThan(0.05);
    expect(better.value).toBeCloseTo(exactMetrics(scores, labels)!.ks - exactMetrics(noise, labels)!.ks, 12);
    expect(ksDifference(scores, noise, labels, { seed: 3 })).toEqual(better);
    expect(ksDifference(scores, noise, labels, { seed: 4 })).not.toEqual(better);
    expect(ksDifference(scores, scores, labels)).toMatchObject({ value: 0, low: 0, high: 0 });
    expect(ksInterval([1, 2], [1, 1])).toBeUndefined();
  });
});

describe('lift and gain', () => {
  const random = seededRandom('lift', 1);
  const logOdds = Array.from({ length: 1003 }, () => 4 * random.unit() - 2);
  const labels = logOdds.map((value) => Number(random.unit() < 1 / (1 + Math.exp(-value))));

  it('count bads band by band, worst scores first', () => {
    const table = liftTable(logOdds, labels);
    const ranked = logOdds
      .map((score, row) => ({ score, bad: labels[row]! }))
      .sort((a, b) => b.score - a.score);
    const all = labels.filter((label) => label === 1).length;
    let start = 0;
    let seen = 0;
    table.forEach((row, band) => {
      const own = ranked.slice(start, start + row.rows);
      const bads = own.filter(({ bad }) => bad === 1).length;
      seen += bads;
      start += row.rows;
      expect(row.band).toBe(band + 1);
      expect(row.bads).toBeCloseTo(bads, 9);
      expect(row.lift).toBeCloseTo(bads / row.rows / (all / 1003), 9);
      expect(row.gain).toBeCloseTo(seen / all, 9);
      expect(row.cumulativeLift).toBeCloseTo(seen / start / (all / 1003), 9);
      const mean = own.reduce((sum, { score }) => sum + 1 / (1 + Math.exp(-score)), 0) / row.rows;
      expect(row.meanProbability).toBeCloseTo(mean, 9);
    });
    expect(start).toBe(1003);
    expect(table).toHaveLength(10);
    expect(table.at(-1)).toMatchObject({ gain: 1, cumulativeLift: 1 });
  });

  it('do not depend on the order of tied rows', () => {
    fc.assert(
      fc.property(scoredRows, fc.double({ min: 0.05, max: 1, noNaN: true }), (rows, approval) => {
        const [scores, , own] = columnsOf(rows);
        const [turned, , turnedOwn] = columnsOf(rows.toReversed());
        const table = liftTable(scores, own);
        liftTable(turned, turnedOwn).forEach((row, band) => {
          expect(row.bads).toBeCloseTo(table[band]!.bads, 9);
          expect(row.rows).toBe(table[band]!.rows);
        });
        const rates = [badRateAt(scores, own, approval), badRateAt(turned, turnedOwn, approval)];
        expect(rates[0] ?? -1).toBeCloseTo(rates[1] ?? -1, 9);
      }),
    );
    // All tied: every band has the overall rate.
    expect(
      liftTable(
        new Array(50).fill(0),
        Array.from({ length: 50 }, (_, i) => Number(i < 20)),
      ).map(({ lift }) => lift),
    ).toEqual(Array.from({ length: 10 }, () => expect.closeTo(1, 12)));
  });

  it('report no band of fewer than five rows', () => {
    expect(liftTable(logOdds.slice(0, 23), labels.slice(0, 23)).map(({ rows }) => rows)).toEqual([
      6, 6, 5, 6,
    ]);
    expect(liftTable([1, 2, 3, 4], [0, 1, 0, 1])).toEqual([]);
    expect(
      liftTable(
        logOdds,
        labels.map(() => 0),
      ),
    ).toEqual([]);
  });

  it('give the bad rate among the approved', () => {
    expect(badRateAt([5, 4, 3, 2, 1], [1, 0, 1, 0, 0], 0.6)).toBeCloseTo(1 / 3, 12);
    expect(badRateAt([1, 1, 1, 1], [1, 0, 0, 0], 0.5)).toBeCloseTo(0.25, 12);
    expect(badRateAt([2, 1], [1, 0], 1)).toBe(0.5);
    expect(badRateAt([], [], 0.5)).toBeUndefined();
  });
});

describe('the normal distribution', () => {
  it('has its tabulated values', () => {
    const table: [number, number][] = [
      [0, 1],
      [0.5, 0.617075077451974],
      [1, 0.317310507862914],
      [1.959963984540054, 0.05],
      [5, 5.733031437583892e-7],
      [10, 1.523970604832105e-23],
    ];
    for (const [z, p] of table) {
      expect(twoSidedP(z) / p).toBeCloseTo(1, 7);
      expect(twoSidedP(-z)).toBe(twoSidedP(z));
    }
    expect(twoSidedP(2.999999999) - twoSidedP(3)).toBeCloseTo(0, 10);
    expect(twoSidedP(40)).toBeLessThan(1e-300);
  });

  it('inverts', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (probability) => {
        expect(normalCdf(normalQuantile(probability))).toBeCloseTo(probability, 12);
      }),
    );
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  });
});
