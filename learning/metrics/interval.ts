/** A figure with its confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Confidence, e.g. 0.95. */
  readonly level: number;
}

export const usualLevel = 0.95;
