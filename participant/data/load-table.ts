import { createHash } from 'node:crypto';
import {
  CodedError,
  canonicalJson,
  type HexDigest,
  type HorizontalSpec,
  nearestName,
} from '../../contract/index.js';
import type { Table } from '../../learning/index.js';
import { type DatasetFile, type FeatureMapping, readDatasetFile } from './dataset-file.js';
import { splitCode } from './expressions.js';
import { findProblems, refuseProblems } from './problems.js';
import { type ReadOptions, withSource } from './source.js';
import { type StagedRows, stageRows } from './staged-rows.js';

/** Logical names and types, as a job spec lists them. */
export type WantedFeatures = HorizontalSpec['features'];

/**
 * The rows of a dataset under the logical names of a job, ordered by id.
 * @param path the dataset file.
 * @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID, DATASET_UNREADABLE, DATASET_LABEL_MISSING,
 * DATASET_COLUMN_MISSING, DATASET_TYPE, DATASET_RANGE, DATASET_DUPLICATE_ID, DATASET_EMPTY, DATASET_ONE_CLASS.
 */
export async function loadTable(
  path: string,
  wanted: WantedFeatures,
  options: ReadOptions = {},
): Promise<Table> {
  const file = await readDatasetFile(path);
  refuseUnlabelled(file);
  const features = mapFeatures(file, wanted);
  const staged = await withSource(file, options, (source) =>
    stageRows(source, file, features, { outcome: true, ids: false }),
  );
  refuseProblems(file, findProblems(staged, file, features));
  const { label, split } = staged.outcome!;
  return {
    rows: staged.rows,
    numbers: inRange(staged, features),
    categories: staged.categories,
    label,
    test: split,
  };
}

/** @throws {CodedError} DATASET_LABEL_MISSING. */
export function refuseUnlabelled(file: DatasetFile): void {
  if (file.label === undefined) {
    throw new CodedError(
      'DATASET_LABEL_MISSING',
      `dataset ${file.dataset} has no label, so it can bring features to vertical jobs only`,
    );
  }
}

/**
 * Names what a participant trains on: SHA-256 over names, levels and every value of a table. Rows are
 * ordered by id, so the order of the source does not matter. It stays with its participant: a digest of
 * few or guessable rows can be guessed.
 */
export function datasetDigest(dataset: string, table: Table): HexDigest {
  const numbers = [...table.numbers].sort(([a], [b]) => (a < b ? -1 : 1));
  const categories = [...table.categories].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = canonicalJson({
    dataset,
    rows: table.rows,
    numbers: numbers.map(([name]) => name),
    categories: categories.map(([name, { levels }]) => ({ name, levels })),
  });
  const hash = createHash('sha256').update(`fedrisk/v1/dataset\0${header}\0`);
  hash.update(table.label).update(table.test);
  for (const [, values] of numbers) hash.update(values);
  for (const [, { codes }] of categories) hash.update(codes);
  return hash.digest('hex') as HexDigest;
}

/**
 * The mappings of the wanted features, by name in code-unit order: the table does not depend on the order
 * in which a spec lists them.
 * @throws {CodedError} DATASET_COLUMN_MISSING or DATASET_TYPE.
 */
export function mapFeatures(file: DatasetFile, wanted: WantedFeatures): ReadonlyMap<string, FeatureMapping> {
  const known = new Map(Object.entries(file.features));
  const names = Object.keys(wanted).sort();
  const absent = names.filter((name) => !known.has(name));
  if (absent.length > 0) {
    const details = absent.map((name) => {
      const near = nearestName(name, known.keys());
      return near === undefined ? name : `${name} (is ${near} meant?)`;
    });
    throw new CodedError(
      'DATASET_COLUMN_MISSING',
      `dataset ${file.dataset} has no feature ${details.join(', ')}`,
    );
  }
  const differing = names.filter((name) => known.get(name)!.type !== wanted[name]);
  if (differing.length > 0) {
    const details = differing.map(
      (name) => `${name} is a ${known.get(name)!.type} here, not a ${wanted[name]}`,
    );
    throw new CodedError('DATASET_TYPE', `dataset ${file.dataset}: ${details.join('; ')}`);
  }
  return new Map(names.map((name) => [name, known.get(name)!]));
}

/** Applies `outside`; with 'refuse' no value outside is left when this runs. */
export function inRange(
  staged: StagedRows,
  features: ReadonlyMap<string, FeatureMapping>,
): ReadonlyMap<string, Float64Array> {
  return new Map(
    [...staged.numbers].map(([name, values]) => {
      const feature = features.get(name)!;
      if (feature.type !== 'number' || feature.outside === 'refuse') return [name, values];
      const { min = -Infinity, max = Infinity, outside } = feature;
      const clipped = (value: number) => Math.min(max, Math.max(min, value));
      const missing = (value: number) => (value < min || value > max ? Number.NaN : value);
      return [name, values.map(outside === 'clip' ? clipped : missing)];
    }),
  );
}

/** Rows that train. */
export function trainingRows(table: Table): number {
  let rows = 0;
  for (const part of table.test) if (part === splitCode.train) rows++;
  return rows;
}
