import { centre, type DesignColumns, rowsOf } from './columns.js';
import type { FixedPoint } from './fixed-point.js';
import { gram } from './gram.js';
import { QuantisedProducts } from './quantised-products.js';

/**
 * Rows of one task. Fixed, whatever the number of threads: sums over rows are sums within chunks, added chunk after
 * chunk, and have the same bits everywhere.
 */
export const chunkRows = 12_288;

/** X^T X of a chunk's rows of X - mean: features x features, row after row. */
export interface GramTask {
  readonly kind: 'gram';
  readonly columns: DesignColumns;
  readonly means: Float64Array;
}

/** Z of a chunk, written to its rows of `values`; gives the number of cells that were cut. */
export interface WhitenTask {
  readonly kind: 'whiten';
  readonly columns: DesignColumns;
  readonly means: Float64Array;
  /** Standard deviations, > 0: columns are divided by them, so that single precision holds columns of any size. */
  readonly spreads: Float64Array;
  /** Whitening matrix with columns multiplied by `spreads`; features x features, row after row. */
  readonly factor: Float32Array;
  readonly fixed: FixedPoint;
  /** Z of all rows, column after column, in shared memory. */
  readonly values: Int16Array;
  /** Rows of `values`, and the first one of this chunk. */
  readonly rows: number;
  readonly start: number;
}

/** Plain data: tasks cross into worker threads. */
export type ChunkTask = GramTask | WhitenTask;
export type ChunkResult = Float64Array | number;

export function performChunk(task: ChunkTask): ChunkResult {
  return task.kind === 'gram' ? gram(task.columns, task.means) : whiten(task);
}

/** Rows `start` .. of the columns, at most `chunkRows`, in memory of their own. */
export function chunkOf({ names, values }: DesignColumns, start: number): DesignColumns {
  const end = start + chunkRows;
  return {
    names,
    values: values.map((column) =>
      'bins' in column ? { bins: column.bins.slice(start, end), woe: column.woe } : column.slice(start, end),
    ),
  };
}

/** Rows whitened at a time: 300 columns of 192 floats are 230 KB, which stay in the second-level cache. */
const blockRows = 192;

function whiten({ columns, means, spreads, factor, fixed, values, rows, start }: WhitenTask): number {
  const features = columns.values.length;
  const count = rowsOf(columns);
  const products = new QuantisedProducts(features, Math.min(blockRows, count), features, fixed);
  const { a, b, z, stride, width } = products;
  for (let i = 0; i < features; i++) a.set(factor.subarray(i * features, (i + 1) * features), i * stride);
  const standard = columns.values.map((column, j) => standardised(column, means[j]!, spreads[j]!));
  let cut = 0;
  for (let from = 0; from < count; from += blockRows) {
    const block = { start: from, count: Math.min(blockRows, count - from) };
    if (block.count < blockRows) b.fill(0);
    for (let j = 0; j < features; j++) centre(standard[j]!, 0, block, b, j, stride);
    cut += products.multiply();
    for (let i = 0; i < features; i++) {
      values.set(z.subarray(i * width, i * width + block.count), i * rows + start + from);
    }
  }
  return cut;
}

/** (column - mean) / spread. Of a binned column only the values of its bins are worked out. */
function standardised(column: DesignColumns['values'][number], mean: number, spread: number) {
  const standard = (value: number) => (value - mean) / spread;
  if (!('bins' in column)) return Float32Array.from(column, standard);
  return { bins: column.bins, woe: column.woe.map(standard) };
}
