import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, nearestName } from '../../contract/index.js';
import { type DatasetFile, readDatasetFile } from './dataset-file.js';
import { type ReadOptions, withSource } from './source.js';

/** What a dataset offers to jobs, without its rows. */
export interface DatasetDescription {
  readonly dataset: string;
  readonly description: string;
  readonly path: string;
  readonly features: readonly {
    readonly name: string;
    readonly type: 'number' | 'category';
    readonly column: string;
    /** Type the source declares; undefined when it has no such column. */
    readonly sourceType: string | undefined;
  }[];
  /** Columns of the source that the dataset file does not use. */
  readonly unusedColumns: readonly string[];
}

/** Dataset names in a folder: the names of its `.yaml` files, sorted; empty when there is no such folder. */
export async function listDatasets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return [];
    throw new CodedError('DATASET_UNREADABLE', `the dataset folder cannot be read (${thrown.code})`);
  });
  return entries
    .filter((entry) => entry.isFile() && /^[a-z][a-z0-9-]{0,62}\.yaml$/.test(entry.name))
    .map(({ name }) => name.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Path of the dataset file of this name: `FOLDER/NAME.yaml`, which must say the same name inside.
 * @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID.
 */
export async function findDataset(folder: string, name: string): Promise<DatasetFile> {
  const names = await listDatasets(folder);
  if (!names.includes(name)) throw new CodedError('DATASET_UNKNOWN', `there is no dataset ${name} here`);
  const file = await readDatasetFile(join(folder, `${name}.yaml`));
  if (file.dataset !== name) {
    const hint = nearestName(name, [file.dataset]) === undefined ? '' : ' (a slip of the pen?)';
    throw new CodedError('DATASET_INVALID', `${file.path}: dataset: is ${file.dataset}, not ${name}${hint}`);
  }
  return file;
}

/**
 * Names and types only: reads the file and the shape of its source, no rows.
 * @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID, DATASET_UNREADABLE.
 */
export async function describeDataset(path: string, options: ReadOptions = {}): Promise<DatasetDescription> {
  const file = await readDatasetFile(path);
  const columns = await withSource(file, options, async (source) => source.columns, 'shape');
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const features = Object.entries(file.features);
  const used = new Set([file.id.column, ...features.map(([, { column }]) => column)]);
  if (file.label !== undefined) used.add(file.label.column);
  if ('column' in file.test) used.add(file.test.column);
  return {
    dataset: file.dataset,
    description: file.description,
    path: file.path,
    features: features.map(([name, { type, column }]) => ({
      name,
      type,
      column,
      sourceType: types.get(column),
    })),
    unusedColumns: columns.map(({ name }) => name).filter((name) => !used.has(name)),
  };
}
