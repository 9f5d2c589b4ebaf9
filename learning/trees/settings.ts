/** How trees are grown; names and meanings are those of XGBoost, in our words. All of them public. */
export interface TreeSettings {
  /** Most trees; early stopping may leave fewer. */
  readonly trees: number;
  /** Splits on the longest way from root to leaf, 1 to 8. */
  readonly depth: number;
  /** Factor of every leaf, above 0, at most 1. */
  readonly learningRate: number;
  /** L1 penalty of leaf values, in units of g. */
  readonly l1: number;
  /** L2 penalty of leaf values, in units of h. */
  readonly l2: number;
  /** Least sum of h in a child. */
  readonly minimumChildWeight: number;
  /** Least gain of a split. */
  readonly gamma: number;
  /** Share of the training rows that a tree is grown on, above 0, at most 1. */
  readonly rowShare: number;
  /** Share of every party's features that a tree may split on, above 0, at most 1. */
  readonly columnShare: number;
  /** Weight of a bad row; a good one has 1. */
  readonly badWeight: number;
  /** Gradient-based one-side sampling, in its private form: rows left out are not shown to be. */
  readonly oneSide?: OneSide | undefined;
  /** 31 bits; sampling and rounding follow from it. */
  readonly seed: number;
}

/** Shares of the training rows: those with the largest |g|, and a draw from the others that stands for all of them. */
export interface OneSide {
  readonly top: number;
  readonly other: number;
}

/** +1: the value of leaves never falls as the feature rises; -1: never rises; 0: free. */
export type Monotone = -1 | 0 | 1;
