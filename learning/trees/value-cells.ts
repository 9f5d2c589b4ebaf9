import { exponentOf, powers } from '../statistics/magnitudes.js';

/**
 * Cells that the numbers of a feature are counted in, so that all participants find the same quantiles: the values of each
 * exponent in 1, 2, 4 … even steps, both signs, and zero. Rising with the value: negative, zero, positive. All edges
 * are exact in doubles.
 */
export interface ValueCells {
  /** Steps of each exponent; 0 where nobody has a value. */
  readonly steps: readonly number[];
  /** Cells before the positive ones of each exponent, counted from zero upwards. */
  readonly starts: readonly number[];
  /** Cells of one sign. */
  readonly half: number;
}

/** Steps of one feature and sign, when values lie as densely as they can: about as many in each step. */
const mostSteps = 1024;

/**
 * @param counts how many zeros all participants have together, then how many values of each exponent.
 * @param fewest rows of a cell, on average.
 */
export function valueCells([, ...counts]: readonly number[], fewest: number): ValueCells {
  const present = counts.reduce((sum, count) => sum + count, 0);
  const starts: number[] = [];
  let half = 0;
  const steps = counts.map((count) => {
    starts.push(half);
    if (count === 0) return 0;
    const wanted = Math.min(count / fewest, (count * mostSteps) / present);
    let of = 1;
    while (2 * of <= wanted) of *= 2;
    half += of;
    return of;
  });
  return { steps, starts, half };
}

export function cellCount({ half }: ValueCells): number {
  return 2 * half + 1;
}

/** The cell of a number; undefined where nobody had a value of its exponent. */
export function cellOf({ steps, starts, half }: ValueCells, value: number): number | undefined {
  if (value === 0) return half;
  const magnitude = Math.abs(value);
  const exponent = exponentOf(magnitude);
  const of = steps[exponent]!;
  if (of === 0) return undefined;
  const step = Math.floor((magnitude / powers[exponent]! - 1) * of);
  const place = starts[exponent]! + Math.min(of - 1, Math.max(0, step));
  return value > 0 ? half + 1 + place : half - 1 - place;
}

/**
 * Where a cell begins. A positive cell holds this number; a negative one begins behind it, since steps are taken from zero
 * outwards.
 */
function edgeOf({ steps, starts, half }: ValueCells, cell: number): number {
  if (cell === half) return 0;
  const place = cell > half ? cell - half - 1 : half - 1 - cell;
  const exponent = steps.findIndex((of, at) => of > 0 && place < starts[at]! + of);
  const step = place - starts[exponent]! + Number(cell < half);
  if (exponent === 0 && step === 0) return Number.MIN_VALUE;
  return Math.sign(cell - half) * powers[exponent]! * (1 + step / steps[exponent]!);
}

/**
 * Cuts that part counted cells into at most `most` bins of about as many rows, or one for each cell that holds any where these
 * are no more.
 */
export function cutsOf(cells: ValueCells, counts: ArrayLike<number>, most: number): number[] {
  const held = Array.from({ length: cellCount(cells) }, (_, cell) => cell).filter(
    (cell) => counts[cell]! > 0,
  );
  const present = held.reduce((sum, cell) => sum + counts[cell]!, 0);
  const cuts: number[] = [];
  let below = 0;
  let due = 1;
  for (const [at, cell] of held.entries()) {
    if (at > 0 && (held.length <= most || below * most >= due * present)) {
      cuts.push(edgeOf(cells, cell));
      while (below * most >= due * present) due++;
    }
    below += counts[cell]!;
  }
  return cuts;
}

/** The bin of a number: how many cuts it lies behind. Cuts rise; one below zero belongs to the bin before it. */
export function binOfNumber(cuts: readonly number[], value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const cut = cuts[middle]!;
    if (cut < 0 ? value > cut : value >= cut) low = middle + 1;
    else high = middle;
  }
  return low;
}
