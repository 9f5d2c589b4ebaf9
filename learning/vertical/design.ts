import { columnMeans, type DesignColumns, refuseConstant, rowsOf } from './columns.js';
import { type ChunkResult, type ChunkTask, chunkOf, chunkRows, performChunk } from './design-chunk.js';
import { type Precision, usualPrecision, valueScale } from './fixed-point.js';
import { inverseRoot } from './whitening.js';

/** The whitened training columns of one party. Never leaves it; made again, bit for bit, after a restart. */
export interface Design {
  readonly names: readonly string[];
  /** Common training rows. */
  readonly rows: number;
  /** Columns of `values`: the features, and at the label holder a last one of ones for the intercept. */
  readonly width: number;
  /** Z in units of `valueScale(precision)`, column after column (width x rows), in memory that threads share. */
  readonly values: Int16Array;
  readonly precision: Precision;
  readonly means: Float64Array;
  /** (X - mean)^T (X - mean) / rows, features x features, row after row. */
  readonly covariance: Float64Array;
  /** (covariance + 1e-4 I)^(-1/2). */
  readonly whitening: Float64Array;
  /** Cells of Z cut at ±8. */
  readonly clippedCells: number;
}

export interface DesignOptions {
  /** With a last column of ones: the label holder's. */
  readonly intercept: boolean;
  readonly precision?: Precision;
}

/**
 * Whitens a party's columns: Z = (X - mean)(X^T X / n + 1e-4 I)^(-1/2), so that its block of the joint Hessian is
 * the identity. About 1.5 rows * features^2 products; peak memory beside the input is the Int16 result.
 *
 * @throws FEATURE_CONSTANT a column has one value; DATASET_RANGE a value is NaN or infinite.
 */
export function designOf(columns: DesignColumns, options: DesignOptions): Design {
  const course = designCourse(columns, options);
  for (;;) {
    const next = course.next();
    if (next.done) return next.value;
    for (const task of next.value.tasks) next.value.take(performChunk(task));
  }
}

/** Work on chunks of rows that may be done at once; `take` is given the results in the order of the tasks. */
export interface ChunkWork {
  readonly tasks: Iterable<ChunkTask>;
  take(result: ChunkResult): void;
}

/** `designOf` with the work on rows left to the caller, who goes on once it is done. */
export function* designCourse(
  columns: DesignColumns,
  { intercept, precision = usualPrecision }: DesignOptions,
): Generator<ChunkWork, Design, void> {
  const fixed = valueScale(precision);
  const rows = rowsOf(columns);
  const features = columns.values.length;
  const means = columnMeans(columns);
  refuseConstant(columns);
  const covariance = new Float64Array(features * features);
  yield {
    tasks: inChunks(columns, (chunk) => ({ kind: 'gram', columns: chunk, means })),
    take: (sums) => {
      (sums as Float64Array).forEach((sum, at) => {
        covariance[at]! += sum;
      });
    },
  };
  for (let at = 0; at < covariance.length; at++) covariance[at]! /= rows;
  const whitening = inverseRoot(covariance, features);
  const spreads = Float64Array.from(means, (_, j) => Math.sqrt(covariance[j * features + j]!) || 1);
  const factor = Float32Array.from(whitening, (weight, at) => weight * spreads[at % features]!);
  const width = features + Number(intercept);
  const values = new Int16Array(new SharedArrayBuffer(width * rows * Int16Array.BYTES_PER_ELEMENT));
  const whiten = { kind: 'whiten', means, spreads, factor, fixed, values, rows } as const;
  let clippedCells = 0;
  yield {
    tasks: inChunks(columns, (chunk, start) => ({ ...whiten, columns: chunk, start })),
    take: (cut) => {
      clippedCells += cut as number;
    },
  };
  if (intercept) values.fill(fixed.scale, features * rows);
  return { names: columns.names, rows, width, values, precision, means, covariance, whitening, clippedCells };
}

function* inChunks(
  columns: DesignColumns,
  taskOf: (chunk: DesignColumns, start: number) => ChunkTask,
): Generator<ChunkTask> {
  const rows = rowsOf(columns);
  for (let start = 0; start < rows; start += chunkRows) yield taskOf(chunkOf(columns, start), start);
}
