import { CodedError } from '../../contract/core.js';

/** Feature columns of one party over the same rows, in the order of `names`: WOE values or standardised numbers. */
export interface FeatureColumns {
  readonly names: readonly string[];
  /** One array a name, all of equal length; finite values. */
  readonly values: readonly (Float64Array | Float32Array)[];
}

/** A column of few different values, an eighth of the memory: row r holds woe[bins[r]]. */
export interface BinnedColumn {
  readonly bins: Uint8Array;
  /** Of every bin that occurs; 256 at most. */
  readonly woe: Float64Array;
}

/** Columns of either kind; the same numbers give the same bits. */
export interface DesignColumns {
  readonly names: readonly string[];
  readonly values: readonly DesignColumn[];
}
type DesignColumn = Float64Array | Float32Array | BinnedColumn;

/** The same columns as numbers. */
export function denseColumns({ names, values }: DesignColumns): FeatureColumns {
  return { names, values: values.map((column) => ('bins' in column ? denseColumn(column) : column)) };
}

function denseColumn({ bins, woe }: BinnedColumn): Float64Array {
  const values = new Float64Array(bins.length);
  for (let row = 0; row < bins.length; row++) values[row] = woe[bins[row]!]!;
  return values;
}

/** Rows of the columns. Throws INTERNAL when columns and names do not fit together: the caller built them. */
export function rowsOf({ names, values }: DesignColumns): number {
  const lengthOf = (column: DesignColumn) => ('bins' in column ? column.bins : column).length;
  const rows = values[0] ? lengthOf(values[0]) : 0;
  if (names.length !== values.length || values.some((column) => lengthOf(column) !== rows)) {
    throw new CodedError(
      'INTERNAL',
      `${names.length} names for ${values.length} columns, or columns of unequal length`,
    );
  }
  return rows;
}

/** Mean of each column. Throws DATASET_RANGE for NaN or an infinity. */
export function columnMeans(columns: DesignColumns): Float64Array {
  const rows = rowsOf(columns);
  return Float64Array.from(columns.values, (column, index) => {
    const sum = 'bins' in column ? sumOfBins(column) : sumOf(column);
    if (!Number.isFinite(sum)) {
      const name = columns.names[index];
      throw new CodedError('DATASET_RANGE', `feature ${name} has a value that is NaN or infinite`);
    }
    return sum / rows;
  });
}

function sumOf(column: Float64Array | Float32Array): number {
  let sum = 0;
  for (let row = 0; row < column.length; row++) sum += column[row]!;
  return sum;
}

/** In the order of the rows, as if the numbers stood there. */
function sumOfBins({ bins, woe }: BinnedColumn): number {
  let sum = 0;
  for (let row = 0; row < bins.length; row++) sum += woe[bins[row]!]!;
  return sum;
}

/** Writes value - mean of rows `start` .. `start + count - 1` to target[at], target[at + step], ... */
export function centre(
  column: DesignColumn,
  mean: number,
  { start, count }: { readonly start: number; readonly count: number },
  target: Float64Array | Float32Array,
  at: number,
  step: number,
): void {
  if ('bins' in column) {
    const { bins, woe } = column;
    for (let row = start, to = at; row < start + count; row++, to += step)
      target[to] = woe[bins[row]!]! - mean;
  } else {
    for (let row = start, to = at; row < start + count; row++, to += step) target[to] = column[row]! - mean;
  }
}

/** Throws FEATURE_CONSTANT naming every column with a single value over the rows. */
export function refuseConstant({ names, values }: DesignColumns): void {
  const constant = names.filter((_, index) => isConstant(values[index]!));
  if (constant.length > 0) {
    throw new CodedError(
      'FEATURE_CONSTANT',
      `one value in all common training rows: ${constant.join(', ')}; leave out of the job what explains nothing`,
    );
  }
}

function isConstant(column: DesignColumn): boolean {
  if (!('bins' in column)) return column.every((value) => value === column[0]);
  const { bins, woe } = column;
  return bins.every((bin) => woe[bin] === woe[bins[0]!]);
}
