import { type ParameterSet, packed30Bytes, SEED_BYTES } from '../he/index.js';

/** Larger strides never pay: what they save on outputs they lose on noise, and columns are a few thousand at most. */
const LARGEST_STRIDE = 64;

/**
 * The stride s of a dense product with the fewest bytes on the wire: ceil(rows / floor(N/s)) seeded ciphertexts up, twice
 * that for each pass (passed ciphertexts have no seed), and ceil(columns / s) answers down, each with all of c1 and the
 * wanted words of c0. Ties go to the smaller s, which has less noise.
 */
export function chooseStride(product: {
  readonly set: ParameterSet;
  readonly rows: number;
  readonly columns: number;
  readonly passes?: number;
}): number {
  const { set, rows, columns, passes = 0 } = product;
  const primes = set.dataPrimes.length;
  const polynomial = packed30Bytes(primes * set.degree);
  let best = 1;
  let fewest = Number.POSITIVE_INFINITY;
  for (let stride = 1; stride <= Math.min(columns, LARGEST_STRIDE); stride++) {
    const blocks = Math.ceil(rows / Math.floor(set.degree / stride));
    const outputs = Math.ceil(columns / stride);
    const last = columns - (outputs - 1) * stride;
    const up = blocks * (SEED_BYTES + polynomial + passes * 2 * polynomial);
    const down =
      outputs * polynomial + (outputs - 1) * packed30Bytes(primes * stride) + packed30Bytes(primes * last);
    if (up + down < fewest) {
      best = stride;
      fewest = up + down;
    }
  }
  return best;
}
