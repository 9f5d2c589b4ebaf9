import { PAIR_SUB_BYTES, SUB_LENGTH, SUB_STRIDE, subBlocks } from './layout';
import { oneHotGroup } from './one-hot';
import { accumulateSubBlock } from './pairs';

/** sum += Σ_t plain_t · pair_t over whole transformed polynomials, 1 to 16 terms. */
export function accumulate(
  plain: usize,
  plainStride: usize,
  pair: usize,
  width: usize,
  terms: u32,
  sum: usize,
): void {
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    accumulateSubBlock(
      plain + sub * SUB_STRIDE,
      plainStride,
      pair + sub * SUB_LENGTH * width,
      width,
      terms,
      sum + sub * PAIR_SUB_BYTES,
    );
  }
}

/**
 * sum_o += Σ_t onehot_(o,t) · pair_t for all outputs, four sub-blocks at a time: tables and plaintexts of one term stay in
 * the first-level cache, the parts of the pairs (512 KiB for 16 terms) in the second-level cache over all outputs.
 * Entries of (o, t) start at entries + (o·terms + t)·entryBytes, with their count in the first word.
 * @param scratch 4 · 16 sub-blocks, SUB_STRIDE apart
 */
export function accumulateOneHots(
  entries: usize,
  entryBytes: usize,
  outputs: u32,
  pair: usize,
  width: usize,
  terms: u32,
  sums: usize,
  sumStride: usize,
  scratch: usize,
): void {
  for (let group: u32 = 0; group < subBlocks / 4; group++) {
    for (let o: u32 = 0; o < outputs; o++) {
      let any: u32 = 0;
      for (let t: u32 = 0; t < terms; t++) {
        const list = entries + (o * terms + t) * entryBytes;
        const count = load<u32>(list);
        const at = scratch + 4 * t * SUB_STRIDE;
        any |= count;
        if (count === 0) memory.fill(at, 0, 4 * SUB_STRIDE);
        else oneHotGroup(list + 4, count, group, at);
      }
      if (any === 0) continue;
      for (let k: u32 = 0; k < 4; k++) {
        const sub = 4 * group + k;
        accumulateSubBlock(
          scratch + k * SUB_STRIDE,
          4 * SUB_STRIDE,
          pair + sub * SUB_LENGTH * width,
          width,
          terms,
          sums + o * sumStride + sub * PAIR_SUB_BYTES,
        );
      }
    }
  }
}
