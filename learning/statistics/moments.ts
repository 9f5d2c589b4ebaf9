import { CodedError, type HorizontalSpec } from '../../contract/core.js';
import type { SumPart } from '../sum-part.js';
import type { Table } from '../table.js';
import type { CategoryEncoding, Encoding, NumberEncoding } from './encoding.js';
import { type Magnitudes, minimumColumnRows } from './magnitudes.js';

/** Count, sum and sum of squares of each numeric feature. */
const momentSlots = 3;
/** Room left by the wide parameter set: |sum| < t / 2 with t close to 2^50. */
const sumBits = 48;

/** Fraction bits k of a fixed-point moment: participants * rowsCap * 2^k stays below 2^48. */
function fractionBits(spec: HorizontalSpec): number {
  const worst = spec.participants.length * spec.update.rowsCap;
  let bits = 0;
  while (bits < 30 && worst * 2 ** (bits + 1) <= 2 ** sumBits) bits++;
  return bits;
}

/** Length of the moments vector; at least 1, for a sum cannot be empty. */
export function momentsLength(magnitudes: Magnitudes): number {
  return Math.max(1, magnitudes.numbers.length * momentSlots);
}

/**
 * Fixed-point moments of x / bound, clipped to [-1, 1], over this participant's training rows.
 * Each local sum is rounded once, so the joint mean is off by at most participants * 2^-(k+1) / rows.
 */
export function momentsVector(table: Table, spec: HorizontalSpec, magnitudes: Magnitudes): SumPart {
  const scale = 2 ** fractionBits(spec);
  const values = new Float64Array(momentsLength(magnitudes));
  magnitudes.numbers.forEach(({ name, bound, missing }, index) => {
    // Moments of fewer rows would describe these customers; the feature gets no column either way.
    if (magnitudes.rows - missing < minimumColumnRows) return;
    const column = table.numbers.get(name);
    if (!column) throw new CodedError('DATASET_COLUMN_MISSING', `no numeric feature ${name}`);
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < table.rows; row++) {
      const value = column[row]!;
      if (table.test[row] === 1 || Number.isNaN(value)) continue;
      const clipped = Math.min(1, Math.max(-1, value / bound));
      count++;
      sum += clipped;
      squares += clipped * clipped;
    }
    // + 0 turns -0 into 0.
    values.set([count, Math.round(sum * scale) + 0, Math.round(squares * scale)], index * momentSlots);
  });
  return { values, maxAbs: spec.update.rowsCap * scale };
}

/** Reads the opened sum of all moments vectors: the preprocessing that every participant applies. */
export function readMoments(sums: Float64Array, spec: HorizontalSpec, magnitudes: Magnitudes): Encoding {
  if (sums.length !== momentsLength(magnitudes) || sums.some((value) => !Number.isFinite(value))) {
    throw new CodedError('SUM_MALFORMED', 'the moments sum has another length than the job gives');
  }
  const scale = 2 ** fractionBits(spec);
  const missingVaries = (missing: number) =>
    missing >= minimumColumnRows && missing <= magnitudes.rows - minimumColumnRows;
  const numbers = magnitudes.numbers.map(({ name, missing, bound }, index): NumberEncoding => {
    const [count, sum, squares] = sums.subarray(index * momentSlots, (index + 1) * momentSlots);
    const { mean, deviation } = meanAndDeviation(count!, sum! / scale, squares! / scale);
    const resolution = (2 * spec.participants.length) / scale / Math.max(1, count!);
    const varies = count! >= minimumColumnRows && deviation * deviation > resolution;
    return {
      kind: 'number',
      name,
      bound,
      mean: mean * bound,
      deviation: varies ? deviation * bound : 0,
      missing: missingVaries(missing),
    };
  });
  const categories = magnitudes.categories.map(
    ({ name, missing, buckets, other }): CategoryEncoding => ({
      kind: 'category',
      name,
      buckets,
      other,
      missing: missingVaries(missing),
    }),
  );
  const features = [...numbers, ...categories];
  const width = features.reduce((sum, feature) => sum + columnsOf(feature), 0);
  if (width === 0) throw new CodedError('DATASET_CONSTANT', 'every feature is constant');
  return { version: 1, rows: magnitudes.rows, positives: magnitudes.positives, width, features };
}

function meanAndDeviation(count: number, sum: number, squares: number): { mean: number; deviation: number } {
  if (count <= 0) return { mean: 0, deviation: 0 };
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

/** Model columns of one feature; a feature that does not vary has none. */
function columnsOf(feature: NumberEncoding | CategoryEncoding): number {
  const own =
    feature.kind === 'number'
      ? Number(feature.deviation > 0)
      : feature.buckets.length + Number(feature.other);
  return own + Number(feature.missing);
}
