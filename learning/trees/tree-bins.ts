import { assignBins } from '../binning/assign-bins.js';
import type { CategoryBins, Column, FeatureBins, NumberBins } from '../binning/feature-bins.js';
import { shapeOf } from '../binning/feature-bins.js';
import { numberBins } from '../binning/number-bins.js';
import { valueTable } from '../binning/value-table.js';
import type { CategoryColumn } from '../table.js';
import type { BinnedFeatures } from './histogram.js';

/**
 * Bins of a feature for trees, made from training rows without labels: one for each value where there are at most `most`
 * of them, else quantiles. Levels of a category stand by falling number of rows, those of equal numbers by name, the
 * rarest beyond `most` in one bin.
 */
export function treeBins(column: Column, most: number, special: readonly number[] = []): FeatureBins {
  return column instanceof Float64Array ? numbersOf(column, most, special) : levelsOf(column, most);
}

function numbersOf(values: Float64Array, most: number, special: readonly number[]): NumberBins {
  const options = { special, minimumShare: 0 };
  const coded = new Set(special);
  // -0 and 0 are one value to a cut.
  const found = new Set([...(valueTable(values)?.values ?? [])].map((value) => value + 0));
  const distinct = [...found]
    .filter((value) => !Number.isNaN(value) && !coded.has(value))
    .sort((a, b) => a - b);
  if (distinct.length === 0 || distinct.length > most) {
    return numberBins(values, { method: 'quantile', bins: most }, options);
  }
  return numberBins(values, { method: 'breaks', cuts: distinct.slice(0, -1) }, options);
}

function levelsOf({ codes, levels }: CategoryColumn, most: number): CategoryBins {
  const rows = new Float64Array(levels.length);
  let missing = false;
  for (const code of codes) {
    if (code < 0) missing = true;
    else rows[code]!++;
  }
  const byRows = [...levels.keys()]
    .filter((level) => rows[level]! > 0)
    .sort((a, b) => rows[b]! - rows[a]! || (levels[a]! < levels[b]! ? -1 : 1));
  const own = byRows.length > most ? most - 1 : byRows.length;
  const groups = byRows.slice(0, own).map((level) => [levels[level]!]);
  const rare = byRows.slice(own).map((level) => levels[level]!);
  return rare.length > 0
    ? { kind: 'category', groups: [...groups, rare], other: groups.length, missing }
    : { kind: 'category', groups, other: null, missing };
}

/** Bins of every row as trees see them: what is no quantity (missing, special, unknown) in the one after the last value. */
export function binnedFeatures(
  columns: readonly Column[],
  bins: readonly FeatureBins[],
  rows: number,
): BinnedFeatures {
  const values = bins.map((of) => shapeOf(of).values);
  const flat = new Uint8Array(rows * columns.length);
  columns.forEach((column, feature) => {
    const last = values[feature]!;
    const assigned = assignBins(column, bins[feature]!);
    const start = feature * rows;
    for (let row = 0; row < rows; row++) flat[start + row] = Math.min(assigned[row]!, last);
  });
  return { rows, values, bins: flat };
}
