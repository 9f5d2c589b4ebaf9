/**
 * Residues of 33 to 63 bits, 64-bit words on SEAL's side, packed end to end on ours: word k occupies the
 * bits [k·w, (k+1)·w) of a little-endian bit stream, padded with zero bits to a multiple of 32. Words are seen as
 * (low, high) halves in a Uint32Array: no BigInt, 2–3 ns per word.
 */

/** Bytes of `count` packed words of `bits` bits. */
export function packedBytes(count: number, bits: number): number {
  return 4 * Math.ceil((count * bits) / 32);
}

/** Packs words[0 .. count). Each must be below 2^bits; `packed` holds at least packedBytes(count, bits) / 4 elements. */
export function packWords(words: Uint32Array, count: number, bits: number, packed: Uint32Array): void {
  const highBits = bits - 32;
  let pending = 0;
  let filled = 0;
  let at = 0;
  for (let k = 0; k < 2 * count; k += 2) {
    const low = words[k] as number;
    const high = words[k + 1] as number;
    // `>>> 1 >>> (31 - filled)` is `>>> (32 - filled)` that also gives 0 for filled = 0.
    packed[at++] = pending | (low << filled);
    pending = (low >>> 1) >>> (31 - filled);
    pending |= high << filled;
    filled += highBits;
    if (filled >= 32) {
      packed[at++] = pending;
      filled -= 32;
      pending = filled === 0 ? 0 : high >>> (highBits - filled);
    }
  }
  if (filled > 0) packed[at] = pending;
}

/** Inverse of packWords into words[0 .. count). Returns false when a padding bit is set: one value has one form. */
export function unpackWords(packed: Uint32Array, count: number, bits: number, words: Uint32Array): boolean {
  const highBits = bits - 32;
  const highMask = 2 ** highBits - 1;
  let used = 0;
  let at = 0;
  let current = packed[0] as number;
  for (let k = 0; k < 2 * count; k += 2) {
    const next = packed[++at] as number;
    words[k] = (current >>> used) | ((next << 1) << (31 - used));
    current = next;
    let high = current >>> used;
    used += highBits;
    if (used >= 32) {
      used -= 32;
      current = packed[++at] as number;
      if (used > 0) high |= current << (highBits - used);
    }
    words[k + 1] = high & highMask;
  }
  return used === 0 || current >>> used === 0;
}

/** Whether words[from .. to) are all below `bound` (< 2^63). */
export function wordsBelow(words: Uint32Array, from: number, to: number, bound: bigint): boolean {
  const boundLow = Number(bound & 0xffffffffn);
  const boundHigh = Number(bound >> 32n);
  for (let k = 2 * from; k < 2 * to; k += 2) {
    const high = words[k + 1] as number;
    if (high >= boundHigh && (high > boundHigh || (words[k] as number) >= boundLow)) return false;
  }
  return true;
}
