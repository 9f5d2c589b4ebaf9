/**
 * Residues below 2^30 in 32-bit words, packed end to end: word k occupies the bits [30k, 30k + 30) of a little-endian bit
 * stream, padded with zero bits to a multiple of 32. Sixteen words take fifteen.
 */

const MASK = 2 ** 30 - 1;

/** Bytes of `count` packed words. */
export function packed30Bytes(count: number): number {
  return 4 * Math.ceil((count * 30) / 32);
}

/** Packs words[from .. from + count), each below 2^30, into target at `offset`. */
export function pack30(
  words: Uint32Array,
  from: number,
  count: number,
  target: Uint8Array,
  offset: number,
): void {
  const groups = Math.ceil(count / 16);
  const packed = new Uint32Array(15 * groups);
  // Only the last group may be ragged; missing words are zero.
  let source = words.subarray(from, from + count);
  if (source.length < 16 * groups) {
    source = new Uint32Array(16 * groups);
    source.set(words.subarray(from, from + count));
  }
  for (let g = 0, at = 0, out = 0; g < groups; g++, at += 16, out += 15) {
    let word = source[at] as number;
    for (let j = 0; j < 15; j++) {
      const next = source[at + j + 1] as number;
      packed[out + j] = (word >>> (2 * j)) | (next << (30 - 2 * j));
      word = next;
    }
  }
  target.set(new Uint8Array(packed.buffer, 0, packed30Bytes(count)), offset);
}

/**
 * Inverse of pack30: reads `count` words at `offset` of attacker-controlled bytes into words[from .. from + count).
 * Returns false when a padding bit is set: one value has one form.
 */
export function unpack30(
  bytes: Uint8Array,
  offset: number,
  count: number,
  words: Uint32Array,
  from: number,
): boolean {
  const groups = Math.ceil(count / 16);
  const packed = new Uint32Array(15 * groups);
  new Uint8Array(packed.buffer).set(bytes.subarray(offset, offset + packed30Bytes(count)));
  const ragged = count < 16 * groups;
  const target = ragged ? new Uint32Array(16 * groups) : words.subarray(from, from + count);
  for (let g = 0, at = 0, out = 0; g < groups; g++, at += 15, out += 16) {
    let previous = packed[at] as number;
    target[out] = previous & MASK;
    for (let j = 1; j < 15; j++) {
      const current = packed[at + j] as number;
      target[out + j] = ((previous >>> (32 - 2 * j)) | (current << (2 * j))) & MASK;
      previous = current;
    }
    target[out + 15] = previous >>> 2;
  }
  if (!ragged) return true;
  words.set(target.subarray(0, count), from);
  return target.subarray(count).every((word) => word === 0);
}

/** Whether words[from .. from + count) are all below `bound`. */
export function residuesBelow(words: Uint32Array, from: number, count: number, bound: number): boolean {
  for (let k = from; k < from + count; k++) {
    if ((words[k] as number) >= bound) return false;
  }
  return true;
}
