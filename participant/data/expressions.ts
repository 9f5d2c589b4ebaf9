import type { CategoryMapping, Cell, LabelMapping, LabelValue } from './dataset-file.js';

/** A column of the source as DuckDB describes it. */
export interface SourceColumn {
  readonly name: string;
  /** DuckDB type name: VARCHAR, BIGINT, DECIMAL(18,3), … */
  readonly type: string;
}

/** Label codes in staged rows. */
export const labelCode = { good: 0, bad: 1, unknown: 2, missing: 3 } as const;
/** Codes of the split column in staged rows. */
export const splitCode = { train: 0, test: 1, unfit: 2 } as const;

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * DOUBLE, never NULL: NaN for missing, infinity for a value that is no number (nor is `1_000`, which DuckDB
 * would read as 1000). `true` and `false` are 1 and 0. Plain numbers come first: of a million cells nearly
 * all end there, and the text functions after it cost more than reading the file.
 */
export function numberExpression(column: SourceColumn, missing: readonly Cell[]): string {
  const name = identifier(column.name);
  const number = isNumeric(column.type) ? `CAST(${name} AS DOUBLE)` : `TRY_CAST(${name} AS DOUBLE)`;
  const listed = numbersOf(readAsNumbers(missing));
  const notListed = listed.length > 0 ? ` AND ${number} NOT IN (${listed.join(', ')})` : '';
  if (isNumeric(column.type)) {
    return (
      `CASE WHEN isfinite(${number})${notListed} THEN ${number} ` +
      `WHEN isinf(${number}) THEN ${infinity} ELSE ${nan} END`
    );
  }
  const value = trimmed(column);
  return (
    `CASE WHEN isfinite(${number}) AND NOT contains(${name}, '_')${notListed} THEN ${number} ` +
    `WHEN ${name} IS NULL OR isnan(${number}) OR ${value} IN (${textList(missing)}) ` +
    `${listed.length > 0 ? `OR ${number} IN (${listed.join(', ')}) ` : ''}THEN ${nan} ` +
    `ELSE CASE lower(${value}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE ${infinity} END END`
  );
}

/** VARCHAR: the agreed category name, NULL for missing. */
export function categoryExpression(
  column: SourceColumn,
  mapping: CategoryMapping,
  missing: readonly Cell[],
): string {
  const value = trimmed(column);
  const other = mapping.other === 'missing' ? 'NULL' : value;
  const map = Object.entries(mapping.map ?? {});
  const named = map.map(([from, to]) => `WHEN ${literal(from)} THEN ${literal(to)}`).join(' ');
  return (
    `CASE WHEN ${value} IN (${textList(missing)}) OR ${numberAmong(value, missing)} THEN NULL ` +
    `ELSE ${map.length > 0 ? `CASE ${value} ${named} ELSE ${other} END` : value} END`
  );
}

/** UTINYINT: a labelCode. */
export function labelExpression(column: SourceColumn, label: LabelMapping, missing: readonly Cell[]): string {
  const value = trimmed(column);
  const matches = (values: readonly LabelValue[]) =>
    `(${value} IN (${textList(values)}) OR ${numberAmong(value, values)})`;
  const other = label.good === undefined ? `ELSE ${labelCode.good}` : `ELSE ${labelCode.unknown}`;
  const good = label.good === undefined ? '' : `WHEN ${matches(listed(label.good))} THEN ${labelCode.good} `;
  return (
    `CAST(CASE WHEN ${value} IS NULL OR ${value} = '' OR ${matches(missing)} THEN ${labelCode.missing} ` +
    `WHEN ${matches(listed(label.bad))} THEN ${labelCode.bad} ${good}${other} END AS UTINYINT)`
  );
}

/** VARCHAR: the id as text, whole floating-point ids without their `.0`; NULL when missing. */
export function idExpression(column: SourceColumn): string {
  return `nullif(${trimmed(column)}, '')`;
}

/** VARCHAR, never NULL: the id as the source has it, blanks and all, for a normalisation that is the dataset file's to say. */
export function rawIdExpression(column: SourceColumn): string {
  return `coalesce(${cellText(column)}, '')`;
}

/** UTINYINT: a splitCode, from a column of 0/1 or false/true. */
export function splitColumnExpression(column: SourceColumn): string {
  const value = numberExpression(column, []);
  return `CAST(CASE ${value} WHEN 1 THEN ${splitCode.test} WHEN 0 THEN ${splitCode.train} ELSE ${splitCode.unfit} END AS UTINYINT)`;
}

/**
 * UTINYINT: a splitCode from staged ids. Whole numbers by their remainder, other ids by that of the first
 * 48 bits of their SHA-256.
 */
export function splitIdExpression(numericIds: boolean, test: { modulo: number; equals: number }): string {
  const number = numericIds ? 'CAST(id AS BIGINT)' : `CAST('0x' || substr(sha256(id), 1, 12) AS BIGINT)`;
  const remainder = `((${number} % ${test.modulo}) + ${test.modulo}) % ${test.modulo}`;
  return `CAST(${remainder} = ${test.equals} AS UTINYINT)`;
}

/** True for ids that count as whole numbers; 18 digits fit BIGINT. */
export const wholeNumberId = `regexp_full_match(id, '-?[0-9]{1,18}')`;

const nan = `'nan'::DOUBLE`;
const infinity = `'inf'::DOUBLE`;

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

function trimmed(column: SourceColumn): string {
  return `trim(${cellText(column)})`;
}

/** The cell as text. Floating columns lose `.0`, so that 1 means the same from CSV and from Parquet. */
function cellText({ name, type }: SourceColumn): string {
  const value = `CAST(${identifier(name)} AS VARCHAR)`;
  return /^(FLOAT|DOUBLE|DECIMAL)/.test(type) ? `regexp_replace(${value}, '\\.0+$', '')` : value;
}

function textList(values: readonly LabelValue[]): string {
  return ['', ...values.map(String)].map(literal).join(', ');
}

function numberAmong(value: string, values: readonly LabelValue[]): string {
  const numbers = numbersOf(values);
  return numbers.length === 0
    ? 'false'
    : `coalesce(TRY_CAST(${value} AS DOUBLE) IN (${numbers.join(', ')}), false)`;
}

/** Numbers of a list as SQL. Text stays text, so that a category 01 is not 1. */
function numbersOf(values: readonly LabelValue[]): string[] {
  return values.filter((value) => typeof value === 'number').map((value) => `(${value})::DOUBLE`);
}

/** Of text in a list, what could be a number in a number column: "-999" means -999.0 there too. */
function readAsNumbers(values: readonly Cell[]): Cell[] {
  const decimal = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
  return values.map((value) => (typeof value === 'string' && decimal.test(value) ? Number(value) : value));
}

function listed(values: LabelValue | readonly LabelValue[]): readonly LabelValue[] {
  return Array.isArray(values) ? values : [values as LabelValue];
}
