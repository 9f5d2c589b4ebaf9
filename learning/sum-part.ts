/** A piece of the vector that one participant puts into a secure sum. */
export interface SumPart {
  /** Signed integers, exact in doubles. */
  readonly values: Float64Array;
  /** Public bound on every |value|, the same at every participant: it decides the parameter set. */
  readonly maxAbs: number;
}
