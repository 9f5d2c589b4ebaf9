import { CodedError } from '../../contract/core.js';
import { unknownBin } from '../binning/feature-bins.js';
import { type PointsScale, pointsOfLogOdds } from './points-scale.js';

/** A feature of a logistic regression on WOE, on the raw WOE scale. */
export interface CardCoefficient {
  readonly feature: string;
  readonly coefficient: number;
  /** WOE by bin. */
  readonly woe: readonly number[];
}

export interface CardFeature {
  readonly feature: string;
  /** Points by bin, with the feature's share of the base when that was spread. */
  readonly points: readonly number[];
  /** Points of a row without a bin (WOE 0). */
  readonly unknownPoints: number;
}

/** Points of one party's features; the base stands with the label holder. */
export interface Scorecard {
  /** Points every customer starts from; 0 when spread over the features. */
  readonly base: number;
  readonly features: readonly CardFeature[];
}

/**
 * Points per bin: -factor · coefficient · WOE. The points of the intercept are the base, or are spread evenly
 * over the features (`spread`), as scorecards on paper have it. A feature holder gives no intercept: its card
 * starts from 0.
 */
export function scorecard(
  scale: PointsScale,
  intercept: number | undefined,
  coefficients: readonly CardCoefficient[],
  spread = false,
): Scorecard {
  const base = intercept === undefined ? 0 : pointsOfLogOdds(scale, intercept);
  const share = spread && coefficients.length > 0 ? base / coefficients.length : 0;
  return {
    base: share === 0 ? base : 0,
    features: coefficients.map(({ feature, coefficient, woe }) => ({
      feature,
      points: woe.map((value) => share - scale.factor * coefficient * value),
      unknownPoints: share,
    })),
  };
}

/** A card in whole steps of 10^-decimals points. */
export interface RoundedScorecard extends Scorecard {
  readonly decimals: number;
  /** No customer's sum is further than this from that of the exact card. */
  readonly errorBound: number;
}

/**
 * Rounds every entry once, so that printed parts add up to the printed sum. The base takes up the middle of what
 * rounding did to the features: the error is at most half the spread of the features' rounding errors plus that
 * of the base, never above half a step · (features + 1). A card without base keeps none. Throws SPEC_INVALID unless decimals is 0 to 6.
 */
export function roundScorecard(card: Scorecard, decimals = 0): RoundedScorecard {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 6) {
    throw new CodedError('SPEC_INVALID', `points with ${decimals} decimals; 0 to 6 are possible`);
  }
  const steps = 10 ** decimals;
  const toStep = (points: number) => Math.round(points * steps) / steps;
  let lowest = 0;
  let highest = 0;
  const features = card.features.map(({ feature, points, unknownPoints }) => {
    const errors = [...points, unknownPoints].map((exact) => exact - toStep(exact));
    lowest += Math.min(...errors);
    highest += Math.max(...errors);
    return { feature, points: points.map(toStep), unknownPoints: toStep(unknownPoints) };
  });
  const base = card.base === 0 ? 0 : toStep(card.base + (lowest + highest) / 2);
  const shift = card.base - base;
  // Sums of doubles are off by far less than this.
  const slack = 1e-9;
  const errorBound = Math.max(Math.abs(highest + shift), Math.abs(lowest + shift)) + slack;
  return { base, features, decimals, errorBound };
}

/**
 * Points of one customer: base and the points of its bins, one bin per feature in the order of the card
 * (255: no bin).
 */
export function cardPoints(card: Scorecard, bins: ArrayLike<number>): number {
  return card.features.reduce((sum, feature, index) => sum + featurePoints(feature, bins[index]!), card.base);
}

export function featurePoints({ points, unknownPoints }: CardFeature, bin: number): number {
  return bin === unknownBin ? unknownPoints : points[bin]!;
}
