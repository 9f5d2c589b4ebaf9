/** More different values than this are not worth a table: it would no longer fit the first-level cache. */
const mostValues = 512;
/** Four times as many places, so that a value is found at once or one place further. */
const placeBits = 11;
const places = 2 ** placeBits;
const free = -1;

/** A column of few different values: codes, counts, whole amounts. */
export interface ValueTable {
  /** Different ones, down to the bit: 0 and -0 both, and NaN like any other. */
  readonly values: Float64Array;
  /** Rows with each of them. */
  readonly rows: Uint32Array;
  /** Which of them each row has. */
  readonly codes: Uint16Array;
}

/** Undefined when there are more than 512 different values, which measured amounts show within a few thousand rows. */
export function valueTable(column: Float64Array): ValueTable | undefined {
  const words = new Int32Array(column.buffer, column.byteOffset, 2 * column.length);
  const found = new Int32Array(2 * mostValues);
  const rows = new Uint32Array(mostValues);
  const codes = new Uint16Array(column.length);
  const codeAt = new Int16Array(places).fill(free);
  let different = 0;
  for (let row = 0; row < codes.length; row++) {
    const low = words[2 * row]!;
    const high = words[2 * row + 1]!;
    let place = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> (32 - placeBits);
    let code = codeAt[place]!;
    while (code !== free && (found[2 * code] !== low || found[2 * code + 1] !== high)) {
      place = (place + 1) % places;
      code = codeAt[place]!;
    }
    if (code === free) {
      if (different === mostValues) return undefined;
      code = different++;
      codeAt[place] = code;
      found[2 * code] = low;
      found[2 * code + 1] = high;
    }
    codes[row] = code;
    rows[code]!++;
  }
  return { values: new Float64Array(found.buffer, 0, different), rows: rows.subarray(0, different), codes };
}
