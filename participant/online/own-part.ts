import { assignBins, type FeatureTable, ownScore } from '../../learning/index.js';
import { partingFeatures } from '../vertical/boosting/tree-model.js';
import { columnAt } from '../vertical/features.js';
import { columnsOf } from '../vertical/fit-matrix.js';
import type { ModelPart, VerticalModel } from '../vertical/model.js';

/** What a party keeps of its rows to score them one by one; no feature value. */
export interface OwnParts {
  /** Of a scorecard: the own part of the log-odds, by row. Empty for trees. */
  readonly parts: Float64Array;
  /** Bin by row: of a scorecard at the label holder each feature of the fit, for reasons; of trees each feature that an own split uses. */
  readonly bins: readonly Uint8Array[];
}

/** The same of one row. */
export interface OwnRow {
  readonly part: number;
  readonly bins: ArrayLike<number>;
}

/** @throws {CodedError} SCHEMA_DRIFT, DATASET_RANGE. */
export function ownPartsOf(model: ModelPart, table: FeatureTable): OwnParts {
  if (model.format === 'fedrisk/tree-model/1') {
    return { parts: new Float64Array(0), bins: binsOf(model, table, partingFeatures(model)) };
  }
  const fitted = model.fit.columns.map(({ name }) => name);
  return {
    parts: scoreParts(model, table),
    bins: model.me === model.labelHolder ? binsOf(model, table, fitted) : [],
  };
}

export function ownRowOf({ parts, bins }: OwnParts, row: number): OwnRow {
  return { part: parts[row] ?? 0, bins: bins.map((of) => of[row]!) };
}

/** Rows scored at a time: bounds what stands beside the table. */
const blockRows = 65_536;

function scoreParts({ fit, features }: VerticalModel, table: FeatureTable): Float64Array {
  const parts = new Float64Array(table.rows);
  for (let start = 0; start < table.rows; start += blockRows) {
    const count = Math.min(blockRows, table.rows - start);
    const rows = Uint32Array.from({ length: count }, (_, at) => start + at);
    parts.set(ownScore(fit, columnsOf(table, features, rows)), start);
  }
  return parts;
}

function binsOf({ features }: ModelPart, table: FeatureTable, names: readonly string[]): Uint8Array[] {
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row);
  return names.map((name) => assignBins(columnAt(table, name, rows), features[name]!.bins));
}
