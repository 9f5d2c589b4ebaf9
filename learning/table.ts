/**
 * Features of one participant under the logical names of a job, columnar. `rows` is the length of every column.
 * A table never leaves its participant.
 */
export interface FeatureTable {
  readonly rows: number;
  /** Numeric features; NaN is missing, infinities never occur. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  /** Category features: codes into `levels`; -1 is missing. */
  readonly categories: ReadonlyMap<string, CategoryColumn>;
}

/** Features with outcome and split. */
export interface Table extends FeatureTable {
  /** 1 = bad (the positive class), 0 = good. */
  readonly label: Uint8Array;
  /** 1 = held out for evaluation, 0 = for training. */
  readonly test: Uint8Array;
}

export interface CategoryColumn {
  /** Index into `levels`, or -1 when missing. */
  readonly codes: Int32Array;
  /** The participant's own category strings, sorted; they never leave it. */
  readonly levels: readonly string[];
}
