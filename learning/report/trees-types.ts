import type { Scaling } from '../scorecard/points-scale.js';
import type { JointGain } from './vertical-types.js';

/** The model after a tree or a round. */
export interface CoursePoint {
  /** Mean log-loss. */
  readonly trainingLoss?: number;
  readonly validationLoss?: number;
  /** On held-out customers. */
  readonly auc?: number;
  readonly ks?: number;
}

export interface TreeReport extends CoursePoint {
  /** Nodes on each level, from the root on. */
  readonly nodes: readonly number[];
  readonly ownSplits: number;
  readonly partnerSplits: number;
}

export interface ImportanceReport {
  readonly party: string;
  /** Own name, or the code of a partner's feature. */
  readonly feature: string;
  readonly splits: number;
  readonly gain: number;
  readonly cover: number;
}

/** Boosted trees as their label holder knows them. */
export interface TreesReport {
  readonly job: string;
  readonly name: string;
  readonly purpose: string;
  readonly labelHolder: string;
  /** The label holder first. */
  readonly parties: readonly { readonly name: string; readonly dataset: string; readonly features: number }[];
  readonly rows: {
    readonly own: number;
    readonly common: number;
    readonly train: number;
    readonly heldOut: number;
    readonly calibrate: number;
  };
  /** Fewest customers in a group of bins that partners sum. */
  readonly groupRows: number;
  /** How trees were grown, in the words of the job spec. */
  readonly settings: Readonly<Record<string, string>>;
  /** How many score; `course` has those beyond too. */
  readonly trees: number;
  readonly course: readonly TreeReport[];
  readonly importance: readonly ImportanceReport[];
  /** Null when held-out customers have one class. */
  readonly evaluation: JointGain | null;
  readonly scaling: Scaling;
  /** Customers of which sides of splits reached the label holder. */
  readonly scoresReleased: number;
  /** SHA-256 of the label holder's part of the model. */
  readonly fingerprint: string;
  readonly saved: string;
}
