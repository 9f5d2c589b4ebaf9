import type { Secret } from '../../contract/core.js';
import { blamingNow } from './malformed.js';
import { maskOffsets as offsetsOf } from './masks.js';
import { difference, packResidues, unpackResidues } from './residues.js';
import { type ProductShape, parametersOf } from './shape.js';

/**
 * Function holder learns: the signed sums, output after output, from what the key holder opened and the kept masks.
 * @throws {CodedError} CIPHERTEXT_MALFORMED naming `from` when `opened` is not what the shape prescribes.
 */
export function unmask(shape: ProductShape, masks: Secret, from: string, opened: Uint8Array): Float64Array {
  const offsets = offsetsOf(shape, masks);
  return blamingNow(from, () => difference(shape, unpackResidues(shape, opened), offsets));
}

/** Key holder learns: what the function holder sends along with the answer, round(t·r/q) mod t of each coefficient. */
export function maskOffsets(shape: ProductShape, masks: Secret): Uint8Array {
  return packResidues(parametersOf(shape), offsetsOf(shape, masks));
}

/**
 * Key holder learns: the signed sums from what it opened itself and the offsets it was sent.
 * @throws {CodedError} CIPHERTEXT_MALFORMED naming `from`, the sender of answer and offsets.
 */
export function unmaskWith(
  shape: ProductShape,
  opened: Uint8Array,
  from: string,
  offsets: Uint8Array,
): Float64Array {
  return blamingNow(from, () =>
    difference(shape, unpackResidues(shape, opened), unpackResidues(shape, offsets)),
  );
}
