/** What a finished vertical job left at a node: participant/vertical/result.ts, with what people read beside it. */
export interface VerticalRow {
  readonly mode: 'vertical';
  readonly jobId: string;
  readonly name: string;
  readonly type: 'training' | 'boosting' | 'binning' | 'scoring';
  /** Trees of a boosting job, and what each feature did in them; a partner's stands under a code. */
  readonly trees?: number;
  readonly importance?: readonly Importance[];
  /** At a feature holder, under which codes the label holder knows its features. */
  readonly codes?: Readonly<Record<string, string>>;
  /** At the label holder, every tree that was grown. */
  readonly course?: readonly TreePoint[];
  readonly me: string;
  readonly labelHolder: string;
  readonly parties: readonly string[];
  readonly rows: {
    readonly own: number;
    readonly common: number;
    readonly train: number;
    readonly heldOut: number;
    readonly calibrate: number;
  };
  readonly features: readonly FeatureRow[];
  /** Own columns of the fit. */
  readonly coefficients?: readonly Coefficient[];
  /** Own features that explain nothing, and so stand outside the fit. */
  readonly leftOut: readonly string[];
  readonly evaluation?: Evaluation;
  readonly scaling?: { readonly base: number; readonly odds: number; readonly pdo: number };
  readonly labelFunctionals: number;
  readonly scoresReleased: number;
  /** SHA-256 of the own part of the model; empty when the job trained none. */
  readonly fingerprint: string;
  /** File with the scores of a scoring job, at the label holder. */
  readonly scoresFile?: string;
  readonly savedMs: number;
}

/** Trees of a boosting job as far as they are grown. */
export interface TreeCourse {
  readonly jobId: string;
  readonly finished: boolean;
  /** A feature holder knows its own splits only. */
  readonly trees: readonly (TreePoint | JointTreePoint | { readonly ownSplits: number })[];
  /** How many score, once it is known. */
  readonly used?: number;
}

interface TreeFigures {
  /** Nodes on each level, from the root on, leaves among them. */
  readonly nodes: readonly number[];
  readonly trainingLoss?: number;
  readonly validationLoss?: number;
  /** On held-out customers. */
  readonly auc?: number;
  readonly ks?: number;
}

export interface TreePoint extends TreeFigures {
  readonly ownSplits: number;
  readonly partnerSplits: number;
}

/** Of a horizontal job: the same at every participant. */
export interface JointTreePoint extends TreeFigures {
  readonly splits: number;
}

export interface Importance {
  readonly party: string;
  readonly feature: string;
  readonly splits: number;
  /** Loss that its splits took off; 0 at a feature holder, which does not learn it. */
  readonly gain: number;
  readonly cover: number;
}

export interface FeatureRow {
  readonly party: string;
  readonly feature: string;
  readonly iv: number;
  readonly band: string;
  /** Bins, the one for missing values included. */
  readonly count: number;
  /** Own features: training rows, WOE and text of each bin. */
  readonly rows?: readonly number[];
  readonly woe?: readonly number[];
  readonly labels?: readonly string[];
}

export interface Coefficient {
  readonly name: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly z: number;
  readonly pValue: number;
  readonly vif: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

export interface Measured {
  readonly metrics: {
    readonly auc: number;
    readonly ks: number;
    readonly gini: number;
    readonly brier: number;
    readonly logLoss: number;
  };
  readonly auc: Interval;
  readonly ks: Interval;
}

export interface Evaluation {
  readonly rows: number;
  readonly bad: number;
  readonly calibration: {
    readonly slope: number;
    readonly intercept: number;
    readonly rows: number;
    readonly bads: number;
  };
  readonly calibratedApart: boolean;
  readonly joint: Measured;
  /** The label holder's own features alone. */
  readonly solo: Measured;
  readonly aucGain: Interval & { readonly pValue: number };
  readonly ksGain: Interval;
  readonly swaps: readonly SwapSet[];
  readonly bands: readonly ScoreBand[];
  readonly lift: readonly LiftRow[];
}

/** Null under 5 customers. */
export type SwapCell = { readonly rows: number; readonly badRate: number } | null;

export interface SwapSet {
  readonly approval: number;
  readonly swapIn: SwapCell;
  readonly swapOut: SwapCell;
  readonly badRate: { readonly bank: number | null; readonly joint: number | null };
}

export interface ScoreBand {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly share: number;
  readonly bads: number;
  readonly badRate: number;
  readonly cumulativeApproval: number;
  readonly cumulativeBadCapture: number;
}

export interface LiftRow {
  readonly band: number;
  readonly rows: number;
  readonly bads: number;
  readonly badRate: number;
  readonly lift: number;
  readonly gain: number;
  readonly meanProbability: number;
}
