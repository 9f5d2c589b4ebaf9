import { CodedError } from '../../contract/core.js';
import type { CategoryColumn } from '../table.js';
import {
  binCount,
  type CategoryBins,
  type Column,
  type FeatureBins,
  type NumberBins,
  unknownBin,
} from './feature-bins.js';

/**
 * Bin of every row, 255 for what no bin was made for: an unknown level, a value missing though none was in
 * training, a special value unseen there. Throws SCHEMA_DRIFT when the column is of the other kind.
 */
export function assignBins(column: Column, bins: FeatureBins): Uint8Array {
  if (column instanceof Float64Array) {
    if (bins.kind === 'number') return assignNumbers(column, bins);
  } else if (bins.kind === 'category') return assignCategories(column, bins);
  const held = column instanceof Float64Array ? 'numbers' : 'categories';
  throw new CodedError('SCHEMA_DRIFT', `a column of ${held} meets bins made for a ${bins.kind} feature`);
}

function assignNumbers(values: Float64Array, bins: NumberBins): Uint8Array {
  const binOfSpecial = new Map<number, number>(bins.unseen.map((value) => [value, unknownBin]));
  bins.special.forEach((value, index) => {
    binOfSpecial.set(value, bins.cuts.length + 1 + index);
  });
  const missing = bins.missing ? binCount(bins) - 1 : unknownBin;
  const assigned = new Uint8Array(values.length);
  const { steps, padded } = searchTable(bins.cuts);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    let bin = 0;
    // How many cuts lie strictly below. No branches: over values in no order the processor would guess every second one wrong.
    for (let step = steps; step > 0; step >>>= 1) bin += Number(padded[bin + step - 1]! < value) * step;
    assigned[row] = Number.isNaN(value) ? missing : bin;
  }
  if (binOfSpecial.size > 0) {
    for (let row = 0; row < values.length; row++) {
      const bin = binOfSpecial.get(values[row]!);
      if (bin !== undefined) assigned[row] = bin;
    }
  }
  return assigned;
}

/** Cuts filled up with infinity to one less than a power of two, and half of that power: the first step of a search. */
function searchTable(cuts: readonly number[]) {
  let size = 1;
  while (size <= cuts.length) size *= 2;
  const padded = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  padded.set(cuts);
  return { steps: size >>> 1, padded };
}

function assignCategories({ codes, levels }: CategoryColumn, bins: CategoryBins): Uint8Array {
  const binOfLevel = new Map(
    bins.groups.flatMap((group, bin) => group.map((level) => [level, bin] as const)),
  );
  const binOfCode = Uint8Array.from(levels, (level) => binOfLevel.get(level) ?? unknownBin);
  const missing = bins.missing ? bins.groups.length : unknownBin;
  return Uint8Array.from(codes, (code) => (code < 0 ? missing : binOfCode[code]!));
}

export interface BinRows {
  /** Rows of each bin. */
  readonly rows: readonly number[];
  /** Rows that no bin was made for. */
  readonly unknown: number;
}

export function countRows(assigned: Uint8Array, bins: number): BinRows {
  const counts = new Float64Array(unknownBin + 1);
  for (let row = 0; row < assigned.length; row++) counts[assigned[row]!]!++;
  return { rows: Array.from(counts.subarray(0, bins)), unknown: counts[unknownBin]! };
}

/** WOE of every number that `assignBins` gives; 0, the WOE of a bin as risky as the whole, for rows without a bin. */
export function woeOfBin(woe: readonly number[]): Float64Array {
  const table = new Float64Array(unknownBin + 1);
  table.set(woe);
  table[unknownBin] = 0;
  return table;
}

/** WOE of every row. */
export function woeColumn(assigned: Uint8Array, woe: readonly number[]): Float64Array {
  const table = woeOfBin(woe);
  const column = new Float64Array(assigned.length);
  for (let row = 0; row < assigned.length; row++) column[row] = table[assigned[row]!]!;
  return column;
}
