import type { Design } from './design.js';
import { applyGradient, type FitSettings, labelTerm, ownTerm, type PartyState, startParty } from './party.js';

/** Everything an encrypted iteration computes, in the clear. */
export interface ClearIteration {
  /** Terms in the order of the designs: the label holder's, then the feature holders'. */
  readonly terms: readonly Int32Array[];
  /** Sum of the terms, |d| < 2^residualBits. */
  readonly residual: Int32Array;
  /** Z_p^T d of each party, exact. */
  readonly products: readonly Float64Array[];
  /** States after the iteration. */
  readonly states: readonly PartyState[];
}

/**
 * The fit without encryption, all parties in one place: what an encrypted run must equal, integer for integer.
 * For tests and benchmarks; in a job no side has these inputs. `designs[0]` is the label holder's.
 */
export function* clearRun(
  designs: readonly [Design, ...Design[]],
  labels: ArrayLike<number>,
  settings: Omit<FitSettings, 'parties'>,
): Generator<ClearIteration, never, void> {
  const agreed = { ...settings, parties: designs.length };
  let states: readonly PartyState[] = designs.map(startParty);
  for (;;) {
    const terms = designs.map((design, party) =>
      party === 0 ? labelTerm(design, states[0]!, labels, agreed) : ownTerm(design, states[party]!, agreed),
    );
    const residual = new Int32Array(designs[0].rows);
    for (const term of terms) for (let row = 0; row < term.length; row++) residual[row]! += term[row]!;
    const products = designs.map((design) => exactProduct(design, residual));
    states = designs.map((design, party) => applyGradient(design, states[party]!, products[party]!, agreed));
    yield { terms, residual, products, states };
  }
}

/** Z^T d as exact integers: below rows * 2^23, so exact in doubles up to 2^30 rows. */
export function exactProduct({ rows, width, values }: Design, residual: Int32Array): Float64Array {
  return Float64Array.from({ length: width }, (_, column) => {
    const at = column * rows;
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[at + row]! * residual[row]!;
    return sum;
  });
}
