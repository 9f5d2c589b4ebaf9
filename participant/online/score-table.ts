import { type IdStep, idDigests } from '../../crypto/psi/index.js';
import { findDataset, loadVertical, type ReadOptions } from '../data/index.js';
import { refuseDrift } from '../vertical/drift.js';
import { type VerticalModel, wantedOf } from '../vertical/model.js';
import { type KeyTable, keyTable } from './key-table.js';
import { fittedBins, ownParts } from './own-part.js';

/** What is kept of a dataset to answer questions: parts of scores, scored once when it was read, and no feature value. */
export interface ScoreTable extends KeyTable {
  readonly rows: number;
  /** How the text of an id becomes the customer key here. */
  readonly normalise: readonly IdStep[];
  /** Own part of the log-odds, by row. */
  readonly parts: Float64Array;
  /** At the label holder: bin by row of each feature of the fit, for reasons. Empty elsewhere. */
  readonly bins: readonly Uint8Array[];
}

export interface TableOrder {
  readonly datasetFolder: string;
  readonly dataset: string;
  readonly model: VerticalModel;
}

/** @throws {CodedError} DATASET_*, and SCHEMA_DRIFT when most rows have values that the model does not know. */
export async function readScoreTable(
  { datasetFolder, dataset, model }: TableOrder,
  sources: ReadOptions,
): Promise<ScoreTable> {
  const { path } = await findDataset(datasetFolder, dataset);
  const table = await loadVertical(path, wantedOf(model), { label: false }, sources);
  refuseDrift(
    model,
    table,
    Uint32Array.from({ length: table.rows }, (_, row) => row),
  );
  return {
    rows: table.rows,
    normalise: table.normalise,
    ...keyTable(idDigests(table.ids, table.normalise)),
    parts: ownParts(model, table),
    bins: model.me === model.labelHolder ? fittedBins(model, table) : [],
  };
}
