import type { Scaling } from '../scorecard/points-scale.js';
import type { MeasuredScores, ScoreGain } from '../scorecard/score-gain.js';
import type { CoefficientRow } from '../vertical/significance.js';

export type MeasuredModel = MeasuredScores;

/** The joint model against the label holder's own, on held-out customers. */
export interface JointGain extends ScoreGain {
  readonly calibration: { readonly slope: number; readonly intercept: number; readonly rows: number };
}

export interface PartyReport {
  readonly name: string;
  /** Customers in its own dataset. */
  readonly customers: number;
  readonly features: number;
  readonly coefficients: readonly CoefficientRow[];
}

export interface FeatureValue {
  readonly party: string;
  readonly feature: string;
  readonly bins: number;
  readonly iv: number;
  readonly band: string;
}

/** One phase of the job, or one iteration of the fit. */
export interface PhaseReport {
  /** aligning, binning, fitting or scoring. */
  readonly phase: string;
  /** From 1; 0 outside the fit. */
  readonly iteration: number;
  /** Wall time. */
  readonly seconds: number;
  /** Sealed bytes that each party sent. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Seconds that each party worked. */
  readonly work: Readonly<Record<string, number>>;
}

/** Scores of all common customers, made by a second job. */
export interface BatchReport {
  readonly name: string;
  readonly customers: number;
  readonly seconds: number;
  readonly bytes: Readonly<Record<string, number>>;
  /** Where the label holder finds them. */
  readonly file: string;
}

export interface VerticalReport {
  readonly name: string;
  readonly status: string;
  /** Where the customers come from and how they were dealt. */
  readonly data: string;
  readonly labelHolder: string;
  /** The label holder first. */
  readonly parties: readonly PartyReport[];
  readonly rows: {
    readonly common: number;
    readonly train: number;
    readonly heldOut: number;
    readonly calibrate: number;
  };
  /** Null when the job released no score. */
  readonly evaluation: JointGain | null;
  readonly features: readonly FeatureValue[];
  readonly scaling: Scaling;
  readonly phases: readonly PhaseReport[];
  /** Of the label set over its life; the budget is what may be released. */
  readonly labels: { readonly released: number; readonly budget: number };
  readonly scoresReleased: number;
  readonly batch: BatchReport | null;
  /** Submission to end of the training job. */
  readonly seconds: number;
}
