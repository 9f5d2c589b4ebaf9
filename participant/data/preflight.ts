import { CodedError, type HorizontalSpec, nameList } from '../../contract/index.js';
import type { Table } from '../../learning/index.js';
import { findDataset } from './dataset-folder.js';
import { loadTable, trainingRows, type WantedFeatures } from './load-table.js';
import type { ReadOptions } from './source.js';

/**
 * Before consent: can this participant do its part of the job with its data? Returns the table it would
 * train on. A refusal travels to the submitter, so its message names what the spec names and nothing of
 * the source; the full error for the owner is its cause.
 * @throws {CodedError} DATASET_* as loadTable, or POLICY_COHORT with fewer training rows than the job asks for.
 */
export async function preflight(
  spec: HorizontalSpec,
  datasetFolder: string,
  options: ReadOptions = {},
): Promise<Table> {
  const table = await publicly(spec, async () => {
    const file = await findDataset(datasetFolder, spec.dataset);
    return loadTable(file.path, spec.features, options);
  });
  if (trainingRows(table) < spec.minimumRows) {
    throw new CodedError(
      'POLICY_COHORT',
      `dataset ${spec.dataset}: fewer than ${spec.minimumRows} training rows`,
    );
  }
  return table;
}

/** What a job says of a dataset: all that a refusal may name. */
interface NamedInSpec {
  readonly dataset: string;
  readonly features?: WantedFeatures | undefined;
}

/**
 * Runs `read`; its coded errors are thrown with a text for the submitter, the owner's as cause.
 * @throws {CodedError} with the code of the cause.
 */
export async function publicly<T>(named: NamedInSpec, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    throw new CodedError(thrown.code, publicDetail(named, thrown), { cause: thrown });
  }
}

function publicDetail({ dataset, features = {} }: NamedInSpec, error: CodedError): string {
  switch (error.code) {
    case 'DATASET_UNKNOWN':
      return `there is no dataset ${dataset} here`;
    case 'DATASET_LABEL_MISSING':
      return `dataset ${dataset} has no label`;
    case 'DATASET_ID_EMPTY':
      return `dataset ${dataset} has rows without a customer id`;
    case 'DATASET_DUPLICATE_ID':
      return `dataset ${dataset} has a customer id twice`;
    case 'DATASET_COLUMN_MISSING':
    case 'DATASET_TYPE':
    case 'DATASET_RANGE': {
      const named = Object.keys(features).filter((name) => namesFeature(error.message, name));
      const which = named.length > 0 ? `: ${nameList(named)}` : '';
      return `dataset ${dataset} does not fit the features of the job${which}`;
    }
    default:
      return `dataset ${dataset} cannot be used`;
  }
}

function namesFeature(message: string, name: string): boolean {
  return message.split(/[^A-Za-z0-9_.]+/).includes(name);
}
