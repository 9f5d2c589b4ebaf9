import type { LiftRow } from '../metrics/lift.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Scaling } from '../scorecard/points-scale.js';
import type { ScoreGain } from '../scorecard/score-gain.js';
import type { CoursePoint, ImportanceReport } from './trees-types.js';

/** A tree that all participants grew. */
export interface JointTreeReport extends CoursePoint {
  readonly nodes: readonly number[];
  readonly splits: number;
}

/** A model of a horizontal job, as one of its participants knows it. */
export interface JointReport {
  readonly job: string;
  readonly name: string;
  readonly purpose: string;
  /** `boosted trees`, `logistic regression` and so on. */
  readonly kind: string;
  readonly me: string;
  readonly participants: readonly string[];
  readonly dataset: string;
  readonly features: number;
  /** Training customers of all together; undefined where a warm start counted none. */
  readonly rows?: number;
  /** How it was trained, in the words of the job spec. */
  readonly settings: Readonly<Record<string, string>>;
  /** How many trees score, or the round whose model is kept; `course` has those beyond too. */
  readonly kept: number;
  readonly course: readonly CoursePoint[];
  /** Of trees only. */
  readonly trees?: {
    readonly course: readonly JointTreeReport[];
    readonly importance: readonly ImportanceReport[];
    readonly groupRows: number;
  };
  /** On the held-out customers of all participants. */
  readonly metrics?: Metrics;
  /** The same in bands of the ranking; empty where nobody summed them. */
  readonly lift: readonly LiftRow[];
  /** On own held-out customers, against the model that own customers alone give. */
  readonly gain?: ScoreGain;
  /** Of the points in `gain`. */
  readonly scaling: Scaling;
  /** Metrics that coordinator and submitter saw. */
  readonly release: readonly string[];
  readonly fingerprint: string;
  readonly agreedFingerprint: string;
  /** UTC. */
  readonly saved: string;
}
