/** Digits of a sort key, lowest first: three in each half of a double, of 11, 11 and 10 bits. */
const digits = [0, 1, 2, 3, 4, 5].map((place) => ({
  half: place < 3 ? 0 : 1,
  shift: (place % 3) * 11,
  mask: place % 3 === 2 ? 1023 : 2047,
}));
const countsPerDigit = 2048;
const signBit = -(2 ** 31);

/**
 * Numbers (no NaN) in rising order, -0 before 0; their array serves as working space. A radix sort, two to three times as
 * fast as the built-in one: the bits of a double rise with it once those of negative numbers are turned over and
 * the sign bit of the others is. A digit in which all values are alike, as in whole numbers, costs nothing.
 */
export function inRisingOrder(values: Float64Array): Float64Array {
  const length = 2 * values.length;
  if (length === 0) return values;
  let from: Int32Array = new Int32Array(values.buffer, values.byteOffset, length);
  let to: Int32Array = new Int32Array(length);
  const counts = keysOf(from);
  digits.forEach(({ half, shift, mask }, place) => {
    const starts = counts.subarray(place * countsPerDigit, (place + 1) * countsPerDigit);
    if (2 * starts[(from[half]! >>> shift) & mask]! === length) return;
    let start = 0;
    for (let digit = 0; digit < countsPerDigit; digit++) {
      const count = starts[digit]!;
      starts[digit] = start;
      start += 2 * count;
    }
    for (let at = 0; at < length; at += 2) {
      const digit = (from[at + half]! >>> shift) & mask;
      const place = starts[digit]!;
      starts[digit] = place + 2;
      to[place] = from[at]!;
      to[place + 1] = from[at + 1]!;
    }
    [from, to] = [to, from];
  });
  for (let at = 0; at < length; at += 2) {
    const key = from[at + 1]!;
    const turned = ~(key >> 31);
    from[at] = from[at]! ^ turned;
    from[at + 1] = key ^ (turned | signBit);
  }
  return new Float64Array(from.buffer, from.byteOffset, values.length);
}

/** Turns doubles into keys, two words each, low half first, and counts the keys with each digit. */
function keysOf(words: Int32Array): Int32Array {
  const counts = new Int32Array(digits.length * countsPerDigit);
  for (let at = 0; at < words.length; at += 2) {
    const high = words[at + 1]!;
    const turned = high >> 31;
    const lowKey = words[at]! ^ turned;
    const highKey = high ^ (turned | signBit);
    words[at] = lowKey;
    words[at + 1] = highKey;
    counts[lowKey & 2047]!++;
    counts[countsPerDigit + ((lowKey >>> 11) & 2047)]!++;
    counts[2 * countsPerDigit + (lowKey >>> 22)]!++;
    counts[3 * countsPerDigit + (highKey & 2047)]!++;
    counts[4 * countsPerDigit + ((highKey >>> 11) & 2047)]!++;
    counts[5 * countsPerDigit + (highKey >>> 22)]!++;
  }
  return counts;
}
