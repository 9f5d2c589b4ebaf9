import { assignBins, type FeatureTable, ownScore } from '../../learning/index.js';
import { columnAt } from '../vertical/features.js';
import { columnsOf } from '../vertical/fit-matrix.js';
import type { VerticalModel } from '../vertical/model.js';

/** Rows scored at a time: bounds what stands beside the table. */
const blockRows = 65_536;

/** This party's part of the log-odds of every row of a table. @throws {CodedError} SCHEMA_DRIFT, DATASET_RANGE. */
export function ownParts({ fit, features }: VerticalModel, table: FeatureTable): Float64Array {
  const parts = new Float64Array(table.rows);
  for (let start = 0; start < table.rows; start += blockRows) {
    const count = Math.min(blockRows, table.rows - start);
    const rows = Uint32Array.from({ length: count }, (_, at) => start + at);
    parts.set(ownScore(fit, columnsOf(table, features, rows)), start);
  }
  return parts;
}

/** Bin of every row in each feature of the fit, in its order. */
export function fittedBins({ fit, features }: VerticalModel, table: FeatureTable): Uint8Array[] {
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row);
  return fit.columns.map(({ name }) => assignBins(columnAt(table, name, rows), features[name]!.bins));
}
