import { CodedError } from '../../contract/core.js';
import { assignBins } from './assign-bins.js';
import { maximumBins, type NumberBins } from './feature-bins.js';
import { type RisingValues, risingCounts, risingValues } from './rising-values.js';
import { joinSmall, minimumRows } from './small-bins.js';
import { type ValueTable, valueTable } from './value-table.js';

/** How numbers are cut, from the values alone. */
export type NumberCutting =
  | { readonly method: 'quantile' | 'width'; readonly bins: number }
  | { readonly method: 'breaks'; readonly cuts: readonly number[] };

export interface NumberBinOptions {
  /** Values that are codes, not quantities. */
  readonly special?: readonly number[];
  /** Smallest share of the rows in a value bin, 0 to 0.5. Special values and missing are exempt. */
  readonly minimumShare?: number;
}

export const defaultMinimumShare = 0.05;

/** Fine bins for a later merge by labels: as many as the smallest share allows. */
export const fineCutting: NumberCutting = { method: 'quantile', bins: 20 };

/**
 * Bins of a numeric feature made without labels. `values` are the training rows, NaN missing. Cuts that leave
 * a bin empty or under the smallest share go. Throws SPEC_INVALID for cutting nobody can follow.
 */
export function numberBins(
  values: Float64Array,
  cutting: NumberCutting,
  options: NumberBinOptions = {},
): NumberBins {
  return assignedNumbers(values, cutting, options).bins;
}

/** The same bins, and the bin of every row. */
export function assignedNumbers(
  values: Float64Array,
  cutting: NumberCutting,
  { special = [], minimumShare = defaultMinimumShare }: NumberBinOptions = {},
): { readonly bins: NumberBins; readonly assigned: Uint8Array } {
  // A table of few different values takes the place of sorting all rows and of searching a bin for each.
  const table = valueTable(values);
  const { ordinary, found, missing } = table ? counted(table, special) : sorted(values, special);
  const cuts = proposedCuts(ordinary, cutting, [...found.values()].filter((rows) => rows > 0).length);
  const kept = joinSmall(rowsBetween(ordinary, cuts), minimumRows(minimumShare, values.length));
  const bins: NumberBins = {
    kind: 'number',
    cuts: kept.slice(0, -1).map((last) => cuts[last]!),
    special: [...found].filter(([, rows]) => rows > 0).map(([code]) => code),
    unseen: [...found].filter(([, rows]) => rows === 0).map(([code]) => code),
    missing,
  };
  if (table === undefined) return { bins, assigned: assignBins(values, bins) };
  const binOf = assignBins(table.values, bins);
  const assigned = new Uint8Array(values.length);
  for (let row = 0; row < assigned.length; row++) assigned[row] = binOf[table.codes[row]!]!;
  return { bins, assigned };
}

/** Quantities in rising order, rows by special value, and whether any value is missing. */
interface Sorted {
  readonly ordinary: RisingValues;
  readonly found: ReadonlyMap<number, number>;
  readonly missing: boolean;
}

function counted({ values, rows }: ValueTable, special: readonly number[]): Sorted {
  const found = new Map(special.map((code) => [code, 0]));
  const entries = Array.from(values, (value, code) => ({ value, rows: rows[code]! }));
  for (const { value, rows: count } of entries) {
    const before = found.get(value);
    if (before !== undefined) found.set(value, before + count);
  }
  const ordinary = entries.filter(({ value }) => !Number.isNaN(value) && !found.has(value));
  return {
    ordinary: risingCounts(ordinary),
    found,
    missing: entries.some(({ value }) => Number.isNaN(value)),
  };
}

function sorted(values: Float64Array, special: readonly number[]): Sorted {
  const found = new Map(special.map((code) => [code, 0]));
  const ordinary = new Float64Array(values.length);
  let kept = 0;
  let missing = false;
  const anySpecial = found.size > 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const codes = anySpecial ? found.get(value) : undefined;
    if (codes !== undefined) found.set(value, codes + 1);
    else if (Number.isNaN(value)) missing = true;
    else ordinary[kept++] = value;
  }
  return { ordinary: risingValues(ordinary.subarray(0, kept)), found, missing };
}

function proposedCuts(rising: RisingValues, cutting: NumberCutting, specials: number): number[] {
  if (cutting.method === 'breaks') {
    const cuts = [...cutting.cuts];
    const rising = cuts.every((cut, at) => Number.isFinite(cut) && (at === 0 || cuts[at - 1]! < cut));
    if (!rising) throw new CodedError('SPEC_INVALID', 'manual breaks must be finite and rise');
    return atMost(cuts, specials);
  }
  const { bins } = cutting;
  if (!Number.isInteger(bins) || bins < 1)
    throw new CodedError('SPEC_INVALID', `${bins} is no number of bins`);
  if (rising.length === 0) return [];
  if (cutting.method === 'quantile') return atMost(quantileCuts(rising, bins), specials);
  const [low, high] = [rising.at(0), rising.at(rising.length - 1)];
  const even = Array.from({ length: bins - 1 }, (_, index) => low + ((index + 1) / bins) * (high - low));
  return atMost(distinct(even), specials);
}

/** One value bin more than cuts, the special values, and missing must have numbers. */
function atMost(cuts: number[], specials: number): number[] {
  const total = cuts.length + 1 + specials + 1;
  if (total > maximumBins)
    throw new CodedError('SPEC_INVALID', `${total} bins, at most ${maximumBins} exist`);
  return cuts;
}

/**
 * Inner quantiles k/bins of sorted values, duplicates once, by linear interpolation between order statistics
 * (type 7 of Hyndman and Fan 1996; what numpy.quantile does by default, to the last bit in its own order of
 * operations, because a cut one bit lower moves the rows that equal it). One may equal the maximum.
 */
export function quantileCuts(rising: RisingValues, bins: number): number[] {
  const step = 1 / bins;
  return distinct(
    Array.from({ length: bins - 1 }, (_, index) => {
      const place = (rising.length - 1) * ((index + 1) * step);
      const below = Math.floor(place);
      const low = rising.at(below);
      const high = rising.at(Math.min(below + 1, rising.length - 1));
      const part = place - below;
      return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
    }),
  );
}

function distinct(cuts: readonly number[]): number[] {
  return cuts.filter((cut, index) => index === 0 || cuts[index - 1]! < cut);
}

function rowsBetween(rising: RisingValues, cuts: readonly number[]): number[] {
  const upTo = [...cuts.map((cut) => rising.upTo(cut)), rising.length];
  return upTo.map((rows, bin) => rows - (bin === 0 ? 0 : upTo[bin - 1]!));
}
