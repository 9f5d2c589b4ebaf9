import type { Gradients } from './gradients.js';

/**
 * A party's features as trees see them. Bins of a feature rise with its values; the one after the last holds rows
 * without a value.
 */
export interface BinnedFeatures {
  readonly rows: number;
  /** How many bins of values each feature has, the one for missing values aside. */
  readonly values: readonly number[];
  /** Bin of every row, feature after feature. */
  readonly bins: Uint8Array;
}

/** Where the slots of a histogram are: feature f has `values[f] + 1` of them, missing last. */
export interface Slots {
  readonly values: readonly number[];
  readonly starts: readonly number[];
  readonly length: number;
}

export function slotsOf(values: readonly number[]): Slots {
  const starts: number[] = [];
  let length = 0;
  for (const count of values) {
    starts.push(length);
    length += count + 1;
  }
  return { values, starts, length };
}

/**
 * Sums of g and h, in whole units and exact, over the rows of a node: of each slot that ends a group of slots, over the
 * rows of the whole group; 0 of the others. Slots of values are grouped with those before them, a missing slot that
 * ends no group is counted with the first group.
 */
export interface Histogram {
  readonly g: Float64Array;
  readonly h: Float64Array;
  readonly ends: Uint8Array;
}

/** Every slot a group of its own: nothing is hidden from whoever owns the rows. */
export function everySlot({ length }: Slots): Uint8Array {
  return new Uint8Array(length).fill(1);
}

/** The histogram over some rows with groups that end where `ends` says. */
export function histogramOf(
  features: BinnedFeatures,
  slots: Slots,
  { g, h }: Pick<Gradients, 'g' | 'h'>,
  rows: Uint32Array,
  ends: Uint8Array,
): Histogram {
  const sumG = new Float64Array(slots.length);
  const sumH = new Float64Array(slots.length);
  slots.starts.forEach((start, feature) => {
    const place = placesOf(slots, feature, ends);
    const column = feature * features.rows;
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      const slot = start + place[features.bins[column + row]!]!;
      sumG[slot]! += g[row]!;
      sumH[slot]! += h[row]!;
    }
  });
  return { g: sumG, h: sumH, ends };
}

/** For each bin of a feature the one that its group ends with. */
export function placesOf({ values, starts }: Slots, feature: number, ends: Uint8Array): Uint8Array {
  const [start, count] = [starts[feature]!, values[feature]!];
  const places = new Uint8Array(count + 1);
  let end = count - 1;
  for (let bin = count - 1; bin >= 0; bin--) {
    if (ends[start + bin] === 1) end = bin;
    places[bin] = end;
  }
  places[count] = ends[start + count] === 1 ? count : places[0]!;
  return places;
}

/** Rows in each slot. */
export function countSlots(features: BinnedFeatures, slots: Slots, rows: Uint32Array): Float64Array {
  const counts = new Float64Array(slots.length);
  slots.starts.forEach((start, feature) => {
    const column = feature * features.rows;
    for (let at = 0; at < rows.length; at++) counts[start + features.bins[column + rows[at]!]!]!++;
  });
  return counts;
}

/**
 * Joins groups until each holds no row or at least `fewest` of every node in question, so that no sum is over few rows, also
 * not the difference of a node and its sibling. What is left over at the end joins the last group.
 * @param ends groups of the parent, which new ones only join.
 * @param counts rows per slot of the nodes: the root, or both children of a split.
 */
export function joinedGroups(
  slots: Slots,
  ends: Uint8Array,
  counts: readonly Float64Array[],
  fewest: number,
): Uint8Array {
  const joined = new Uint8Array(slots.length);
  const isEnough = (rows: number) => rows === 0 || rows >= fewest;
  slots.starts.forEach((start, feature) => {
    const missing = start + slots.values[feature]!;
    const alone = ends[missing] === 1 && counts.every((of) => isEnough(of[missing]!));
    const closed: Float64Array[] = [];
    let open = Float64Array.from(counts, (of) => (alone ? 0 : of[missing]!));
    for (let slot = start; slot < missing; slot++) {
      open = open.map((rows, node) => rows + counts[node]![slot]!);
      if (ends[slot] !== 1 || !open.every(isEnough) || open.every((rows) => rows === 0)) continue;
      joined[slot] = 1;
      closed.push(open);
      open = new Float64Array(counts.length);
    }
    // What is left over joins the last groups, as many as it takes, and missing if that is not enough.
    let end = missing - 1;
    while (closed.length > 0 && !(joined[missing - 1] === 1 && open.every((rows) => rows === 0))) {
      while (joined[end] !== 1) end--;
      joined[end] = 0;
      const last = closed.pop()!;
      open = open.map((rows, node) => rows + last[node]!);
      if (open.every(isEnough)) break;
    }
    joined[missing - 1] = 1;
    joined[missing] = Number(alone && (closed.length > 0 || open.every(isEnough)));
  });
  return joined;
}

/** The histogram of a child from its parent's and its sibling's, with the groups of the sibling. */
export function siblingHistogram(slots: Slots, parent: Histogram, sibling: Histogram): Histogram {
  const g = new Float64Array(slots.length);
  const h = new Float64Array(slots.length);
  slots.starts.forEach((start, feature) => {
    const place = placesOf(slots, feature, sibling.ends);
    for (let bin = 0; bin < place.length; bin++) {
      const [from, to] = [start + bin, start + place[bin]!];
      g[to]! += parent.g[from]!;
      h[to]! += parent.h[from]!;
    }
  });
  for (let slot = 0; slot < slots.length; slot++) {
    g[slot]! -= sibling.g[slot]!;
    h[slot]! -= sibling.h[slot]!;
  }
  return { g, h, ends: sibling.ends };
}
