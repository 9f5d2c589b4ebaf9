import type { CategoryColumn } from '../table.js';
import { type CategoryBins, maximumBins } from './feature-bins.js';
import { defaultMinimumShare } from './number-bins.js';
import { minimumRows } from './small-bins.js';

export interface CategoryBinOptions {
  /** Smallest share of all rows in a bin, 0 to 0.5; missing is exempt. */
  readonly minimumShare?: number;
  /** Most levels with a bin of their own; the rarest beyond share one. */
  readonly levels?: number;
}

/** Room for "other" and missing. */
const mostLevels = maximumBins - 2;

/**
 * Bins of a category made without labels: a level with the smallest share of rows is a bin, in the order of
 * the levels; rarer ones share the last bin, "other". When that one is still too small, the rarest bin joins it.
 * Levels without a row in `column` (training rows) get no bin.
 */
export function categoryBins(
  { codes, levels: texts }: CategoryColumn,
  { minimumShare = defaultMinimumShare, levels = mostLevels }: CategoryBinOptions = {},
): CategoryBins {
  const rows = new Float64Array(texts.length);
  let missing = false;
  for (const code of codes) {
    if (code < 0) missing = true;
    else rows[code]!++;
  }
  const minimum = minimumRows(minimumShare, codes.length);
  const byRows = Array.from(texts.keys())
    .filter((level) => rows[level]! > 0)
    .sort((a, b) => rows[b]! - rows[a]! || a - b);
  const large = byRows.filter((level) => rows[level]! >= minimum).slice(0, Math.min(levels, mostLevels));
  const rare = byRows.slice(large.length);
  const rowsOf = (group: readonly number[]) => group.reduce((sum, level) => sum + rows[level]!, 0);
  while (rare.length > 0 && rowsOf(rare) < minimum && large.length > 0) rare.push(large.pop()!);
  const named = (group: number[]) => group.sort((a, b) => a - b).map((level) => texts[level]!);
  const groups = named(large).map((level) => [level]);
  return rare.length > 0
    ? { kind: 'category', groups: [...groups, named(rare)], other: groups.length, missing }
    : { kind: 'category', groups, other: null, missing };
}
