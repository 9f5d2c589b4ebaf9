import { inRisingOrder } from './rising-order.js';

/** Numbers in rising order (no NaN), as far as cuts ask for them. */
export interface RisingValues {
  readonly length: number;
  at(place: number): number;
  /** How many are at most `cut`. */
  upTo(cut: number): number;
}

/** @param values their array serves as working space */
export function risingValues(values: Float64Array): RisingValues {
  const sorted = inRisingOrder(values);
  return {
    length: sorted.length,
    at: (place) => sorted[place]!,
    upTo: (cut) => placeAfter(sorted, cut),
  };
}

/** Different values, each as often as `rows` says. */
export function risingCounts(
  entries: readonly { readonly value: number; readonly rows: number }[],
): RisingValues {
  // Of -0 and 0, which no subtraction tells apart, -0 comes first, as in the sorted order.
  const rising = entries.toSorted((a, b) => a.value - b.value || 1 / a.value - 1 / b.value);
  const values = Float64Array.from(rising, ({ value }) => value);
  let length = 0;
  /** Places before the first one of the next value. */
  const ends = Float64Array.from(rising, ({ rows }) => {
    length += rows;
    return length;
  });
  return {
    length,
    at: (place) => values[placeAfter(ends, place)]!,
    upTo: (cut) => ends[placeAfter(values, cut) - 1] ?? 0,
  };
}

/** How many of rising values are at most `bound`. */
function placeAfter(rising: Float64Array, bound: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
