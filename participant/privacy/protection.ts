import {
  type ByteSource,
  type ContributionInput,
  contribute,
  type OpeningInput,
  openSum,
} from '../../crypto/secure-sum/index.js';

/**
 * How values leave a participant and sums come back. The product has one way, `sealed`; the seam exists so that
 * bench/round can time the same round without protection. No option, spec or message selects another.
 */
export interface Protection {
  protect(input: ContributionInput): AsyncIterable<Uint8Array>;
  open(input: OpeningInput, sum: ByteSource): Promise<Float64Array>;
}

/** PROTOCOLS §2: masked, BFV-encrypted, with one-hot and MAC slots. */
export const sealed: Protection = { protect: contribute, open: openSum };
