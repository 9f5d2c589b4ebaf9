import { CodedError, type ErrorCode } from '../../contract/index.js';
import type { DatasetFile, FeatureMapping, NumberMapping } from './dataset-file.js';
import { labelCode, splitCode } from './expressions.js';
import type { StagedOutcome, StagedRows } from './staged-rows.js';

/** One way in which a dataset does not fit its contract. */
export interface DatasetProblem {
  readonly code: ErrorCode;
  /** Names columns, counts and row numbers; never a value. */
  readonly detail: string;
  /** Logical feature, when the problem is one feature's. */
  readonly feature?: string;
  /** First offending source rows, counted from 1; at most five. */
  readonly rows: readonly number[];
}

const shownRows = 5;

/** Parts of a split that must hold good and bad rows. */
export type LabelledPart = 'train' | 'test';

export interface Judging {
  /** Parts that must hold good and bad rows; both when left away. */
  readonly parts?: readonly LabelledPart[];
  /** What customerKeys found, where ids leave the participant; ids that stay inside are judged as they stand. */
  readonly keys?: readonly DatasetProblem[];
}

/** Everything that keeps staged rows out of a job, worst first; empty when they fit. */
export function findProblems(
  staged: StagedRows,
  file: DatasetFile,
  features: ReadonlyMap<string, FeatureMapping>,
  { parts = ['train', 'test'], keys }: Judging = {},
): DatasetProblem[] {
  if (staged.rows === 0) return [{ code: 'DATASET_EMPTY', detail: 'the dataset has no row', rows: [] }];
  return [
    ...(keys ?? idProblems(staged, file)),
    ...outcomeProblems(staged, file),
    ...[...staged.numbers].flatMap(([name, values]) =>
      numberProblems(staged, name, features.get(name) as NumberMapping, values),
    ),
    ...(staged.outcome === undefined ? [] : classProblems(staged.rows, staged.outcome, parts)),
  ];
}

/** @throws {CodedError} of the first problem, with the details of all problems of the same code. */
export function refuseProblems(file: DatasetFile, problems: readonly DatasetProblem[]): void {
  const first = problems[0];
  if (first === undefined) return;
  const details = problems.filter(({ code }) => code === first.code).map(({ detail }) => detail);
  throw new CodedError(first.code, `dataset ${file.dataset}: ${details.join('; ')}`);
}

function outcomeProblems(staged: StagedRows, file: DatasetFile): DatasetProblem[] {
  const { outcome } = staged;
  if (outcome === undefined) return [];
  return [
    ...cellProblems(staged, 'DATASET_TYPE', `label column ${file.label?.column}`, [
      { of: outcome.label, is: (code) => code === labelCode.missing, what: 'are missing' },
      { of: outcome.label, is: (code) => code === labelCode.unknown, what: 'are neither bad nor good' },
    ]),
    ...cellProblems(staged, 'DATASET_TYPE', 'test column', [
      { of: outcome.split, is: (code) => code === splitCode.unfit, what: 'are neither 0 nor 1' },
    ]),
  ];
}

/** Of jobs in which ids stay inside: as they stand in the source. */
function idProblems(staged: StagedRows, file: DatasetFile): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  if (staged.rowsWithoutId.length > 0) {
    const detail = `id column ${file.id.column}: missing in row ${staged.rowsWithoutId.join(', ')}`;
    problems.push({ code: 'DATASET_TYPE', detail, rows: staged.rowsWithoutId });
  }
  if (staged.duplicateIds.length > 0) {
    const pairs = staged.duplicateIds.map(([first, last]) => `${first} and ${last}`).join(', ');
    const detail = `id column ${file.id.column}: the same id in rows ${pairs}`;
    problems.push({ code: 'DATASET_DUPLICATE_ID', detail, rows: staged.duplicateIds.flat() });
  }
  return problems;
}

interface CellTest {
  readonly of: ArrayLike<number>;
  readonly is: (value: number) => boolean;
  readonly what: string;
}

function cellProblems(
  staged: StagedRows,
  code: ErrorCode,
  where: string,
  tests: readonly CellTest[],
  feature?: string,
): DatasetProblem[] {
  return tests.flatMap(({ of, is, what }) => {
    const offending: number[] = [];
    for (let i = 0; i < staged.rows; i++) if (is(of[i]!)) offending.push(staged.sourceRow[i]!);
    if (offending.length === 0) return [];
    const rows = offending.sort((a, b) => a - b).slice(0, shownRows);
    const detail = `${where}: ${offending.length} values ${what}; first in row ${rows.join(', ')}`;
    return [{ code, detail, rows, ...(feature === undefined ? {} : { feature }) }];
  });
}

function numberProblems(
  staged: StagedRows,
  name: string,
  { column, min = -Infinity, max = Infinity, outside }: NumberMapping,
  values: Float64Array,
): DatasetProblem[] {
  const where = `feature ${name} (column ${column})`;
  const unfit = (value: number) => value === Infinity;
  const beyond = (value: number) => !unfit(value) && (value < min || value > max);
  return [
    ...cellProblems(staged, 'DATASET_TYPE', where, [{ of: values, is: unfit, what: 'are no numbers' }], name),
    ...(outside === 'refuse'
      ? cellProblems(
          staged,
          'DATASET_RANGE',
          where,
          [{ of: values, is: beyond, what: `lie outside ${min} to ${max}` }],
          name,
        )
      : []),
  ];
}

function classProblems(
  rows: number,
  { label, split, splitRule }: StagedOutcome,
  parts: readonly LabelledPart[],
): DatasetProblem[] {
  return parts.flatMap((part): DatasetProblem[] => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < rows; i++) {
      if (split[i] === splitCode[part]) counts[label[i]!]!++;
    }
    const words = part === 'train' ? 'training rows' : `held-out rows (${splitRule})`;
    const [good = 0, bad = 0, unknown = 0, missing = 0] = counts;
    if (good + bad + unknown + missing === 0) {
      return [{ code: 'DATASET_EMPTY', detail: `there are no ${words}`, rows: [] }];
    }
    if (good > 0 && bad > 0) return [];
    const only = good > 0 ? 'good' : 'bad';
    if (unknown + missing > 0 && good + bad === 0) return [];
    return [{ code: 'DATASET_ONE_CLASS', detail: `all ${words} are ${only}`, rows: [] }];
  });
}
