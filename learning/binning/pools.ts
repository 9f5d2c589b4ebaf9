import { type BinCounts, sum } from './bin-counts.js';
import type { BinShape } from './feature-bins.js';

/**
 * Bins that share one WOE so that each WOE rests on `floor` bad and `floor` good rows. Whoever reads WOE values can
 * turn them into counts, and a bin of one row would show its label.
 *
 * While a pool fails: value bins of a number join the neighbouring pool with fewer rows (the lower at a tie), so that
 * a WOE stays local; all failing value bins of a category form one pool, so do all failing special values and missing;
 * if that one still fails it takes in the largest remaining pool, the closest to neutral.
 * Partners are chosen by rows and place, not by bad rate: a one-row bin pooled with the riskiest one would tell.
 * That a bin with room for both floors fails at all does depend on labels. At the end one pool may hold everything.
 *
 * Returns members of each pool, rising, pools by lowest member.
 */
export function poolsOf(counts: BinCounts, shape: BinShape, floor: number): number[][] {
  const { values, alone, ordered } = shape;
  const rowsOf = (pool: readonly number[]) => sum(pool.map((bin) => counts.rows[bin]!));
  const fails = (pool: readonly number[]) => {
    const bad = sum(pool.map((bin) => counts.bad[bin]!));
    return bad < floor || rowsOf(pool) - bad < floor;
  };
  const single = (from: number, count: number) => Array.from({ length: count }, (_, index) => [from + index]);
  const valuePools = ordered
    ? joinNeighbours(single(0, values), fails, rowsOf)
    : gather(single(0, values), fails);
  let pools = [...valuePools, ...gather(single(values, alone), fails)];
  for (;;) {
    const short = pools.findIndex(fails);
    if (short < 0 || pools.length === 1) break;
    const others = pools.filter((_, index) => index !== short);
    const largest = others.reduce((most, pool) => (rowsOf(pool) > rowsOf(most) ? pool : most));
    pools = [...others.filter((pool) => pool !== largest), [...pools[short]!, ...largest]];
  }
  return pools.map((pool) => pool.sort((a, b) => a - b)).sort((a, b) => a[0]! - b[0]!);
}

type Fails = (pool: readonly number[]) => boolean;

function gather(pools: number[][], fails: Fails): number[][] {
  const failing = pools.filter(fails);
  return failing.length === 0 ? pools : [...pools.filter((pool) => !fails(pool)), failing.flat()];
}

function joinNeighbours(
  pools: number[][],
  fails: Fails,
  rowsOf: (pool: readonly number[]) => number,
): number[][] {
  const line = [...pools];
  while (line.length > 1) {
    const short = line.findIndex(fails);
    if (short < 0) break;
    const size = (index: number) => (line[index] ? rowsOf(line[index]) : Number.POSITIVE_INFINITY);
    const lower = size(short - 1) <= size(short + 1) ? short - 1 : short;
    line.splice(lower, 2, [...line[lower]!, ...line[lower + 1]!]);
  }
  return line;
}
