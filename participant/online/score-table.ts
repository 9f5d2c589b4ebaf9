import { type IdStep, idDigests } from '../../crypto/psi/index.js';
import { findDataset, loadVertical, type ReadOptions } from '../data/index.js';
import { refuseDrift } from '../vertical/drift.js';
import { type ModelPart, wantedOf } from '../vertical/model.js';
import { type KeyTable, keyTable } from './key-table.js';
import { type OwnParts, ownPartsOf } from './own-part.js';

/** What is kept of a dataset to answer questions: parts of scores or bins, worked out once when it was read, and no feature value. */
export interface ScoreTable extends KeyTable, OwnParts {
  readonly rows: number;
  /** How the text of an id becomes the customer key here. */
  readonly normalise: readonly IdStep[];
}

export interface TableOrder {
  readonly datasetFolder: string;
  readonly dataset: string;
  readonly model: ModelPart;
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
    ...ownPartsOf(model, table),
  };
}
