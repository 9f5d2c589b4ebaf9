import { type BinLine, type LineFloors, meets } from './bin-line.js';

interface Cell {
  readonly rows: number;
  readonly bad: number;
  readonly last: number;
}

/**
 * ChiMerge (Kerber 1992): neighbours whose bad rates differ least join, until at most `maxBins` are left and
 * all neighbours differ by `threshold`. First bins below the floors join the neighbour they differ least from.
 * Ties: the lowest pair. Returns the last old number of each bin left.
 */
export function chiMerge(line: BinLine, floors: LineFloors, maxBins: number, threshold: number): number[] {
  const cells: Cell[] = line.rows.map((rows, last) => ({ rows, bad: line.bad[last]!, last }));
  const chi = (lower: number) => {
    const [one, two] = [cells[lower], cells[lower + 1]];
    return one && two ? chiSquare(one, two) : Number.POSITIVE_INFINITY;
  };
  const join = (lower: number) => {
    const [one, two] = [cells[lower]!, cells[lower + 1]!];
    cells.splice(lower, 2, { rows: one.rows + two.rows, bad: one.bad + two.bad, last: two.last });
  };
  while (cells.length > 1) {
    const short = cells.findIndex(({ rows, bad }) => !meets(rows, bad, floors));
    if (short < 0) break;
    join(chi(short - 1) <= chi(short) ? short - 1 : short);
  }
  while (cells.length > 1) {
    let weakest = 0;
    for (let lower = 1; lower < cells.length - 1; lower++) if (chi(lower) < chi(weakest)) weakest = lower;
    if (cells.length <= maxBins && chi(weakest) >= threshold) break;
    join(weakest);
  }
  return cells.map(({ last }) => last);
}

/** Pearson's chi-square of two bins against bad and good, uncorrected; 0 when a row or column is empty. */
export function chiSquare(
  one: { readonly rows: number; readonly bad: number },
  two: { readonly rows: number; readonly bad: number },
): number {
  const bad = one.bad + two.bad;
  const all = one.rows + two.rows;
  const margins = one.rows * two.rows * bad * (all - bad);
  if (margins === 0) return 0;
  const difference = one.bad * two.rows - two.bad * one.rows;
  // Divided before it is squared again: margins of 10^6 rows pass 2^53, harmless, but not 10^308.
  return all * difference * (difference / margins);
}
