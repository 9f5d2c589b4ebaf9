import { CodedError, type JobSpec, nameList } from '../../contract/index.js';
import type { Table } from '../../learning/index.js';
import { findDataset } from './dataset-folder.js';
import { loadTable, trainingRows } from './load-table.js';
import type { ReadOptions } from './source.js';

/**
 * Before consent: can this participant do its part of the job with its data? Returns the table it would
 * train on. A refusal travels to the submitter, so its message names what the spec names and nothing of
 * the source; the full error for the owner is its cause.
 * @throws {CodedError} DATASET_* as loadTable, or POLICY_COHORT with fewer training rows than the job asks for.
 */
export async function preflight(
  spec: JobSpec,
  datasetFolder: string,
  options: ReadOptions = {},
): Promise<Table> {
  let table: Table;
  try {
    const file = await findDataset(datasetFolder, spec.dataset);
    table = await loadTable(file.path, spec.features, options);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    throw new CodedError(thrown.code, publicDetail(spec, thrown), { cause: thrown });
  }
  if (trainingRows(table) < spec.minimumRows) {
    throw new CodedError(
      'POLICY_COHORT',
      `dataset ${spec.dataset}: fewer than ${spec.minimumRows} training rows`,
    );
  }
  return table;
}

function publicDetail(spec: JobSpec, error: CodedError): string {
  switch (error.code) {
    case 'DATASET_UNKNOWN':
      return `there is no dataset ${spec.dataset} here`;
    case 'DATASET_COLUMN_MISSING':
    case 'DATASET_TYPE':
    case 'DATASET_RANGE': {
      const named = Object.keys(spec.features).filter((name) => namesFeature(error.message, name));
      const which = named.length > 0 ? `: ${nameList(named)}` : '';
      return `dataset ${spec.dataset} does not fit the features of the job${which}`;
    }
    default:
      return `dataset ${spec.dataset} cannot be used`;
  }
}

function namesFeature(message: string, name: string): boolean {
  return message.split(/[^A-Za-z0-9_.]+/).includes(name);
}
