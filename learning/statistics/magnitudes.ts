import { CodedError, type HorizontalSpec, type Secret } from '../../contract/core.js';
import type { SumPart } from '../sum-part.js';
import type { Table } from '../table.js';
import { bucketOfLevels, categoryBuckets } from './category-hash.js';
import { categoryFeatures, numberFeatures } from './features.js';

/** Exponents of the binary magnitude histogram: bucket e holds 2^e <= |x| < 2^(e+1), ends open. */
const lowestExponent = -32;
const highestExponent = 63;
const exponents = highestExponent - lowestExponent + 1;
/** Missing, zero, then one slot per exponent. */
const numberSlots = 2 + exponents;
/** Missing, then one slot per keyed-hash bucket. */
const categorySlots = 1 + categoryBuckets;
/** Share of present values that the clip bound must cover. */
const coverage = 0.995;
/** Fewest joint rows behind any column, so that no column describes a handful of customers. */
export const minimumColumnRows = 5;
const maximumCategories = 32;

/** What all participants learn from the magnitudes sum: counts over the training rows of all of them. */
export interface Magnitudes {
  readonly rows: number;
  readonly positives: number;
  /** In the order of feature names. `bound` is a power of two. */
  readonly numbers: readonly NumberCounts[];
  readonly categories: readonly CategoryCounts[];
}

export interface NumberCounts {
  readonly name: string;
  readonly missing: number;
  readonly bound: number;
  /** For trees: how many zeros, then how many values of each exponent. */
  readonly byExponent?: readonly number[];
}

export interface CategoryCounts {
  readonly name: string;
  readonly missing: number;
  /** Hash buckets that get a column, most frequent first. */
  readonly buckets: readonly number[];
  /** Whether the other present values share a column. */
  readonly other: boolean;
}

/** Length of the magnitudes vector of a job. */
export function magnitudesLength(spec: HorizontalSpec): number {
  return 2 + numberFeatures(spec).length * numberSlots + categoryFeatures(spec).length * categorySlots;
}

/** Counts over this participant's training rows: [rows, positives, numeric features, category features]. */
export function magnitudesVector(table: Table, spec: HorizontalSpec, hashKey: Secret): SumPart {
  if (table.rows > spec.update.rowsCap) {
    throw new CodedError(
      'DATASET_TOO_LARGE',
      `${table.rows} rows, but the job allows update.rowsCap ${spec.update.rowsCap}`,
    );
  }
  const values = new Float64Array(magnitudesLength(spec));
  for (let row = 0; row < table.rows; row++) {
    if (table.test[row] === 1) continue;
    values[0]!++;
    values[1]! += table.label[row]!;
  }
  let start = 2;
  for (const name of numberFeatures(spec)) {
    const column = table.numbers.get(name);
    if (!column) throw new CodedError('DATASET_COLUMN_MISSING', `no numeric feature ${name}`);
    for (let row = 0; row < table.rows; row++) {
      if (table.test[row] !== 1) values[start + magnitudeSlot(column[row]!)]!++;
    }
    start += numberSlots;
  }
  for (const name of categoryFeatures(spec)) {
    const column = table.categories.get(name);
    if (!column) throw new CodedError('DATASET_COLUMN_MISSING', `no category feature ${name}`);
    const bucketOf = bucketOfLevels(hashKey, name, column.levels);
    for (let row = 0; row < table.rows; row++) {
      if (table.test[row] === 1) continue;
      const code = column.codes[row]!;
      values[start + (code < 0 ? 0 : 1 + bucketOf[code]!)]!++;
    }
    start += categorySlots;
  }
  return { values, maxAbs: spec.update.rowsCap };
}

/** Reads the opened sum of all magnitudes vectors. */
export function readMagnitudes(sums: Float64Array, spec: HorizontalSpec): Magnitudes {
  if (sums.length !== magnitudesLength(spec) || sums.some((count) => !(count >= 0))) {
    throw new CodedError('SUM_MALFORMED', 'the magnitudes sum has another length or a negative count');
  }
  const rows = sums[0]!;
  const positives = sums[1]!;
  if (rows === 0) throw new CodedError('DATASET_EMPTY', 'no participant has a training row');
  if (positives === 0 || positives >= rows) {
    throw new CodedError('DATASET_ONE_CLASS', 'all training rows of all participants have the same label');
  }
  let start = 2;
  const numbers = numberFeatures(spec).map((name) => {
    const counts = sums.subarray(start, start + numberSlots);
    start += numberSlots;
    const of = { name, missing: counts[0]!, bound: boundCovering(counts) };
    return spec.model.kind === 'trees' ? { ...of, byExponent: [...counts.subarray(1)] } : of;
  });
  const categories = categoryFeatures(spec).map((name) => {
    const counts = sums.subarray(start, start + categorySlots);
    start += categorySlots;
    return { name, missing: counts[0]!, ...frequentBuckets(counts.subarray(1), rows) };
  });
  return { rows, positives, numbers, categories };
}

/** Powers of two from 2^lowestExponent on; found by comparison, so no logarithm can differ between engines. */
export const powers = Float64Array.from({ length: exponents }, (_, index) => 2 ** (lowestExponent + index));

function magnitudeSlot(value: number): number {
  if (Number.isNaN(value)) return 0;
  return value === 0 ? 1 : 2 + exponentOf(Math.abs(value));
}

/** Place among `powers` of the largest that is not above a magnitude, 0 below all of them. */
export function exponentOf(magnitude: number): number {
  let low = 0;
  let high = exponents - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (powers[middle]! <= magnitude) low = middle;
    else high = middle - 1;
  }
  return low;
}

function boundCovering(counts: Float64Array): number {
  const present = counts.subarray(1).reduce((sum, count) => sum + count, 0);
  let covered = counts[1]!;
  let exponent = 0;
  while (exponent < exponents && covered < coverage * present) {
    covered += counts[2 + exponent]!;
    exponent++;
  }
  return powers[0]! * 2 ** exponent;
}

function frequentBuckets(counts: Float64Array, rows: number): Pick<CategoryCounts, 'buckets' | 'other'> {
  const varies = (count: number) => count >= minimumColumnRows && count <= rows - minimumColumnRows;
  const buckets = Array.from(counts.keys())
    .filter((bucket) => varies(counts[bucket]!))
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, maximumCategories);
  const kept = new Set(buckets);
  const others = counts.reduce((sum, count, bucket) => (kept.has(bucket) ? sum : sum + count), 0);
  return { buckets, other: varies(others) };
}
