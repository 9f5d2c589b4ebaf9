/**
 * Which rows each node has: all of them in one order, the rows of a node next to each other, and within a node in the
 * same order at every party, so that a row can be spoken of by its place.
 */
export class RowPartition {
  readonly #order: Uint32Array;
  readonly #scratch: Uint32Array;
  /** Start and end of each node in the order, by the node's number: 0 the root, 2k + 1 and 2k + 2 the children of k. */
  readonly #ranges = new Map<number, readonly [number, number]>();

  constructor(rows: number) {
    this.#order = Uint32Array.from({ length: rows }, (_, row) => row);
    this.#scratch = new Uint32Array(rows);
    this.#ranges.set(0, [0, rows]);
  }

  has(node: number): boolean {
    return this.#ranges.has(node);
  }

  /** Rows of a node, in order; valid until the next split of it. */
  rowsOf(node: number): Uint32Array {
    const range = this.#ranges.get(node);
    if (range === undefined) throw new RangeError(`node ${node} does not exist`);
    return this.#order.subarray(...range);
  }

  /** Parts a node: the k-th of its rows goes left when bit k of `left` is set. Either side may stay empty. */
  split(node: number, left: Uint8Array): void {
    const rows = this.rowsOf(node);
    const [start, end] = this.#ranges.get(node)!;
    if (left.length !== Math.ceil(rows.length / 8))
      throw new RangeError(`node ${node} has ${rows.length} rows`);
    let [lefts, rights] = [0, 0];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      if ((left[at >> 3]! >> (at & 7)) & 1) rows[lefts++] = row;
      else this.#scratch[rights++] = row;
    }
    rows.set(this.#scratch.subarray(0, rights), lefts);
    this.#ranges.set(2 * node + 1, [start, start + lefts]);
    this.#ranges.set(2 * node + 2, [start + lefts, end]);
  }
}

/** Bits, the first one lowest: whether each of some rows goes left. */
export function leftBits(
  rows: Uint32Array,
  bins: Uint8Array,
  bin: number,
  missing: number,
  missingLeft: boolean,
): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows.length / 8));
  for (let at = 0; at < rows.length; at++) {
    const of = bins[rows[at]!]!;
    if (of >= missing ? missingLeft : of <= bin) bits[at >> 3]! |= 1 << (at & 7);
  }
  return bits;
}

/** Rows among them that are marked. */
export function markedRows(rows: Uint32Array, marks: Uint8Array): Uint32Array {
  return rows.filter((row) => marks[row] === 1);
}
