import { CodedError, type ErrorCode } from '../../contract/index.js';
import type { CategoryColumn } from '../../learning/index.js';
import { customerKeys } from './customer-keys.js';
import { type DatasetFile, type FeatureMapping, readDatasetFile } from './dataset-file.js';
import { labelCode, splitCode } from './expressions.js';
import { type DatasetProblem, findProblems } from './problems.js';
import { type ReadOptions, withSource } from './source.js';
import { type StagedRows, stageRows } from './staged-rows.js';

/** For the owner's eyes: counts and category values of the whole dataset. Never leaves the participant. */
export interface DatasetReport {
  readonly dataset: string;
  readonly path: string;
  readonly description: string;
  /** How ids become customer keys of vertical jobs. */
  readonly id: { readonly column: string; readonly normalise: readonly string[] };
  /** The dataset has a label; without one split and bad rate say nothing. */
  readonly labelled: boolean;
  /** No problem was found. */
  readonly fits: boolean;
  readonly rows: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** How held-out rows are chosen. */
  readonly splitRule: string;
  /** Share of bad among labelled rows, 0 to 1; NaN-free: 0 without rows. */
  readonly badRate: number;
  readonly features: readonly FeatureReport[];
  readonly problems: readonly DatasetProblem[];
}

export interface FeatureReport {
  readonly name: string;
  readonly column: string;
  readonly type: 'number' | 'category';
  readonly missing: number;
  /** 0 to 1. */
  readonly missingShare: number;
  /** Values outside min and max of the dataset file, whatever they become. */
  readonly outside: number;
  /** Values that are not of the type. */
  readonly unfit: number;
  /** Numbers: over the values that are numbers; absent without any. */
  readonly min?: number;
  readonly max?: number;
  readonly mean?: number;
  /** Categories. */
  readonly levels?: number;
  /** Most frequent categories, at most ten. */
  readonly top?: readonly { readonly level: string; readonly rows: number }[];
}

const topLevels = 10;

/**
 * Reads a whole dataset and says what it holds and what does not fit. Problems of the source and of its
 * content stand in the report.
 * @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID: nothing can be said about a file that does not parse.
 */
export async function checkDataset(path: string, options: ReadOptions = {}): Promise<DatasetReport> {
  const file = await readDatasetFile(path);
  const features: ReadonlyMap<string, FeatureMapping> = new Map(Object.entries(file.features));
  let staged: StagedRows;
  try {
    const wanted = { outcome: file.label !== undefined, ids: true };
    staged = await withSource(file, options, (source) => stageRows(source, file, features, wanted));
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return unreadReport(file, { code: thrown.code as ErrorCode, detail: thrown.message, rows: [] });
  }
  const keys = customerKeys(staged, staged.ids!, file.id).problems;
  const problems = findProblems(staged, file, features, { keys });
  return {
    ...described(file),
    fits: problems.length === 0,
    rows: staged.rows,
    ...outcomeFacts(staged),
    features: [...features].map(([name, mapping]) => featureReport(staged, name, mapping)),
    problems,
  };
}

function unreadReport(file: DatasetFile, problem: DatasetProblem): DatasetReport {
  const nothing = { rows: 0, trainRows: 0, testRows: 0, splitRule: '', badRate: 0, features: [] };
  return { ...described(file), fits: false, ...nothing, problems: [problem] };
}

function described({ dataset, path, description, id, label }: DatasetFile) {
  return { dataset, path, description, id, labelled: label !== undefined };
}

/** Without a label all rows train: which are held out is the label holder's to say. */
function outcomeFacts({ rows, outcome }: StagedRows) {
  if (outcome === undefined) return { trainRows: rows, testRows: 0, splitRule: '', badRate: 0 };
  const { label, split, splitRule } = outcome;
  const bad = count(label, labelCode.bad);
  const labelled = bad + count(label, labelCode.good);
  return {
    trainRows: count(split, splitCode.train),
    testRows: count(split, splitCode.test),
    splitRule,
    badRate: labelled === 0 ? 0 : bad / labelled,
  };
}

function featureReport(staged: StagedRows, name: string, mapping: FeatureMapping): FeatureReport {
  const { column } = mapping;
  if (mapping.type === 'number') {
    const { missing, ...facts } = numberFacts(staged.numbers.get(name)!, mapping.min, mapping.max);
    return { name, column, type: 'number', ...missingFacts(missing, staged.rows), ...facts };
  }
  const { missing, ...facts } = categoryFacts(staged.categories.get(name)!);
  return {
    name,
    column,
    type: 'category',
    ...missingFacts(missing, staged.rows),
    outside: 0,
    unfit: 0,
    ...facts,
  };
}

function missingFacts(missing: number, rows: number) {
  return { missing, missingShare: rows === 0 ? 0 : missing / rows };
}

function numberFacts(values: Float64Array, lower = -Infinity, upper = Infinity) {
  let [missing, unfit, outside, fitting, mean] = [0, 0, 0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isNaN(value)) missing++;
    else if (value === Infinity) unfit++;
    else {
      if (value < lower || value > upper) outside++;
      min = Math.min(min, value);
      max = Math.max(max, value);
      // Running mean: a plain sum of a million large amounts would lose digits.
      mean += (value - mean) / ++fitting;
    }
  }
  return { missing, unfit, outside, ...(fitting > 0 ? { min, max, mean } : {}) };
}

function categoryFacts({ codes, levels }: CategoryColumn) {
  const counts = new Uint32Array(levels.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing++;
    else counts[code]!++;
  }
  const top = levels
    .map((level, code) => ({ level, rows: counts[code]! }))
    .sort((a, b) => b.rows - a.rows)
    .slice(0, topLevels);
  return { missing, levels: levels.length, top };
}

function count(codes: Uint8Array, code: number): number {
  let rows = 0;
  for (const each of codes) if (each === code) rows++;
  return rows;
}
