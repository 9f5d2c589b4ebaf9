import { type BinLine, binValue, type LineFloors, meets } from './bin-line.js';

/**
 * How bad rates may run along the bins; equal neighbours always join. `auto` is rising or falling, whichever
 * keeps more information value. A peak may lie at an end, so may a valley.
 */
export const trends = ['ascending', 'descending', 'auto', 'peak', 'valley'] as const;
export type Trend = (typeof trends)[number];

type Direction = 1 | -1;

const directionsOf: Readonly<Record<Exclude<Trend, 'auto'>, readonly Direction[]>> = {
  ascending: [1],
  descending: [-1],
  peak: [1, -1],
  valley: [-1, 1],
};

/** Two partitions this close in information value count as equal; then fewer bins win. */
const indifference = 1e-12;

/**
 * The partition into neighbouring bins with the largest information value among those that follow the trend,
 * meet the floors and have at most `maxBins` bins; one bin for all when none does. Exact, by dynamic programming
 * over the last bin: n^3 maxBins / 6 steps for n fine bins. Returns the last old number of each bin.
 * The aim is that of Navas-Palencia, Optimal binning (2020), arXiv 2001.08025.
 */
export function monotonicMerge(line: BinLine, floors: LineFloors, maxBins: number, trend: Trend): number[] {
  const tries = trend === 'auto' ? (['ascending', 'descending'] as const) : [trend];
  let best: Found | undefined;
  for (const attempt of tries) {
    const found = bestPartition(line, floors, maxBins, directionsOf[attempt]);
    if (found && (!best || found.value > best.value + indifference)) best = found;
  }
  return best?.ends ?? [line.rows.length - 1];
}

interface Found {
  readonly value: number;
  readonly ends: number[];
}

/** A bin from fine bin `start` to `end`; -Infinity in `value` when it misses the floors. */
interface Segments {
  readonly value: Float64Array;
  readonly badRate: Float64Array;
}

function bestPartition(
  line: BinLine,
  floors: LineFloors,
  maxBins: number,
  directions: readonly Direction[],
): Found | undefined {
  const n = line.rows.length;
  const segments = segmentsOf(line, floors);
  const at = (start: number, end: number) => start * n + end;
  /** Best value of a partition that ends in a segment, by number of bins and direction; and where it came from. */
  const layers: { value: Float64Array; from: Int32Array }[][] = [];
  let best: { value: number; bins: number; direction: number; start: number } | undefined;
  for (let bins = 1; bins <= Math.min(maxBins, n); bins++) {
    const layer = directions.map(() => ({
      value: new Float64Array(n * n).fill(Number.NEGATIVE_INFINITY),
      from: new Int32Array(n * n).fill(-1),
    }));
    layers.push(layer);
    if (bins === 1) {
      for (let end = 0; end < n; end++) layer[0]!.value[at(0, end)] = segments.value[at(0, end)]!;
    } else {
      directions.forEach((direction, phase) => {
        // A turn: the bin before may still belong to the phase before.
        for (let before = Math.max(0, phase - 1); before <= phase; before++) {
          extend(segments, layers[bins - 2]![before]!.value, before, direction, layer[phase]!, n);
        }
      });
    }
    layer.forEach(({ value }, direction) => {
      for (let start = 0; start < n; start++) {
        const found = value[at(start, n - 1)]!;
        if (found > (best ? best.value + indifference : Number.NEGATIVE_INFINITY)) {
          best = { value: found, bins, direction, start };
        }
      }
    });
  }
  return best && { value: best.value, ends: endsOf(layers, best, n) };
}

/** Adds one more bin after every partition of the layer before. */
function extend(
  segments: Segments,
  before: Float64Array,
  beforePhase: number,
  direction: Direction,
  target: { value: Float64Array; from: Int32Array },
  n: number,
): void {
  for (let start = 1; start < n; start++) {
    for (let end = start; end < n; end++) {
      const here = start * n + end;
      const own = segments.value[here]!;
      if (own === Number.NEGATIVE_INFINITY) continue;
      const rate = segments.badRate[here]!;
      for (let previous = 0; previous < start; previous++) {
        const there = previous * n + start - 1;
        const value = before[there]! + own;
        if (value > target.value[here]! && direction * (rate - segments.badRate[there]!) > 0) {
          target.value[here] = value;
          target.from[here] = beforePhase * n + previous;
        }
      }
    }
  }
}

function endsOf(
  layers: readonly (readonly { from: Int32Array }[])[],
  last: { bins: number; direction: number; start: number },
  n: number,
): number[] {
  const ends: number[] = [];
  let { direction, start } = last;
  let end = n - 1;
  for (let bins = last.bins; bins >= 1; bins--) {
    ends.unshift(end);
    const from = layers[bins - 1]![direction]!.from[start * n + end]!;
    end = start - 1;
    direction = Math.floor(from / n);
    start = from % n;
  }
  return ends;
}

function segmentsOf(line: BinLine, floors: LineFloors): Segments {
  const n = line.rows.length;
  const value = new Float64Array(n * n).fill(Number.NEGATIVE_INFINITY);
  const badRate = new Float64Array(n * n);
  for (let start = 0; start < n; start++) {
    let rows = 0;
    let bad = 0;
    for (let end = start; end < n; end++) {
      rows += line.rows[end]!;
      bad += line.bad[end]!;
      if (!meets(rows, bad, floors)) continue;
      value[start * n + end] = binValue(rows, bad, line);
      badRate[start * n + end] = bad / rows;
    }
  }
  return { value, badRate };
}
