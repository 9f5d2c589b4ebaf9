import type { DuckDBConnection } from '@duckdb/node-api';
import { CodedError, nearestName } from '../../contract/index.js';
import type { CategoryColumn } from '../../learning/index.js';
import type { DatasetFile, FeatureMapping } from './dataset-file.js';
import {
  categoryExpression,
  idExpression,
  identifier,
  labelExpression,
  literal,
  numberExpression,
  rawIdExpression,
  type SourceColumn,
  splitColumnExpression,
  splitIdExpression,
  wholeNumberId,
} from './expressions.js';
import type { Source } from './source.js';

/**
 * All rows of a dataset under logical names, ordered by id, not yet judged: unfit cells are marked.
 * Same rows, same order, whatever order the source gives them in.
 */
export interface StagedRows {
  readonly rows: number;
  /** Row of the source, counted from 1 (a CSV header is not counted). */
  readonly sourceRow: Int32Array;
  /** NaN is missing, infinity is a value that is no number. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly categories: ReadonlyMap<string, CategoryColumn>;
  /** Where it was wanted. */
  readonly outcome?: StagedOutcome;
  /** Ids as the source has them, empty where it has none; where they were wanted. */
  readonly ids?: readonly string[];
  /** Source rows without id, at most five. */
  readonly rowsWithoutId: readonly number[];
  /** First and last source row of ids that occur twice or more, at most five. */
  readonly duplicateIds: readonly (readonly [number, number])[];
}

export interface StagedOutcome {
  /** labelCode of each row. */
  readonly label: Uint8Array;
  /** splitCode of each row. */
  readonly split: Uint8Array;
  /** How rows were split, for people. */
  readonly splitRule: string;
}

/** What a reader needs beside features. */
export interface WantedRows {
  /** Label and split; only of files that have a label. */
  readonly outcome: boolean;
  readonly ids: boolean;
}

/** A column with more different values is an id or free text, not a category. */
export const maxLevels = 1000;

/** @throws {CodedError} DATASET_COLUMN_MISSING naming all of them, DATASET_TYPE for a category with too many values. */
export async function stageRows(
  { connection, relation, columns }: Source,
  file: DatasetFile,
  features: ReadonlyMap<string, FeatureMapping>,
  wanted: WantedRows,
): Promise<StagedRows> {
  const { label, test } = wanted.outcome ? file : { label: undefined, test: undefined };
  const find = columnFinder(columns, file, features, wanted);
  const names = [...features.keys()];
  const expressions = names.map((name, i) => {
    const feature = features.get(name)!;
    const missing = [...file.missing, ...feature.missing];
    const column = find(feature.column);
    const expression =
      feature.type === 'number'
        ? numberExpression(column, missing)
        : categoryExpression(column, feature, missing);
    return `${expression} AS f${i}`;
  });
  const id = find(file.id.column);
  const staged = [
    `${idExpression(id)} AS id`,
    `${file.where === undefined ? 'true' : `coalesce((${file.where}\n), false)`} AS kept`,
    ...(wanted.ids ? [`${rawIdExpression(id)} AS raw`] : []),
    ...(label ? [`${labelExpression(find(label.column), label, file.missing)} AS label`] : []),
    ...(test && 'column' in test ? [`${splitColumnExpression(find(test.column))} AS split`] : []),
    ...expressions,
  ];
  await connection.run(`CREATE TEMP TABLE staged AS SELECT ${staged.join(', ')} FROM ${relation}`);
  const ids = await readIds(connection);
  const levels = new Map<string, string[]>();
  for (const [i, name] of names.entries()) {
    if (features.get(name)!.type === 'category') {
      levels.set(name, await defineLevels(connection, name, i));
    }
  }
  return fetchRows(connection, { file, features, ids, levels, wanted });
}

function columnFinder(
  columns: readonly SourceColumn[],
  file: DatasetFile,
  features: ReadonlyMap<string, FeatureMapping>,
  { outcome }: WantedRows,
): (name: string) => SourceColumn {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const wanted = new Map([
    ['id', file.id.column],
    ...(outcome && file.label ? [['label', file.label.column] as const] : []),
    ...(outcome && 'column' in file.test ? [['test', file.test.column] as const] : []),
    ...[...features].map(([name, { column }]) => [`feature ${name}`, column] as const),
  ]);
  const absent = [...wanted].filter(([, column]) => !byName.has(column));
  if (absent.length > 0) {
    const details = absent.map(([use, column]) => {
      const near = nearestName(column, byName.keys());
      return `${use}: the source has no column ${column}${near === undefined ? '' : `, did you mean ${near}?`}`;
    });
    const only = columns.length === 1 ? /[;|\t]/.exec(columns[0]!.name)?.[0] : undefined;
    if (only !== undefined) details.push(`is source.delimiter ${JSON.stringify(only)}?`);
    throw new CodedError('DATASET_COLUMN_MISSING', `dataset ${file.dataset}: ${details.join('; ')}`);
  }
  return (name) => byName.get(name)!;
}

interface Ids {
  readonly rows: number;
  /** Place of each source row in id order; -1 for rows that the filter dropped. */
  readonly place: Int32Array;
  readonly numeric: boolean;
  readonly without: readonly number[];
  readonly duplicates: readonly (readonly [number, number])[];
}

const shownRows = 5;

async function readIds(connection: DuckDBConnection): Promise<Ids> {
  const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  const [[all, numeric]] = (await read(
    `SELECT count(*)::INTEGER, coalesce(bool_and(${wholeNumberId}) FILTER (kept AND id IS NOT NULL), false) FROM staged`,
  )) as [[number, boolean]];
  const without = await read(
    `SELECT (rowid + 1)::INTEGER FROM staged WHERE kept AND id IS NULL ORDER BY rowid LIMIT ${shownRows}`,
  );
  const duplicates = await read(
    'SELECT (min(rowid) + 1)::INTEGER, (max(rowid) + 1)::INTEGER FROM staged WHERE kept AND id IS NOT NULL ' +
      `GROUP BY id HAVING count(*) > 1 ORDER BY min(rowid) LIMIT ${shownRows}`,
  );
  const order = await connection.stream(
    `SELECT rowid::INTEGER FROM staged WHERE kept ORDER BY ${numeric ? 'id::BIGINT, id' : 'id'}, rowid`,
  );
  const place = new Int32Array(all).fill(-1);
  let rows = 0;
  for await (const chunk of chunksOf(order)) {
    for (const row of items<Int32Array>(chunk.getColumnVector(0))) place[row] = rows++;
  }
  return {
    rows,
    place,
    numeric,
    without: without.map(([row]) => row as number),
    duplicates: duplicates.map(([first, last]) => [first as number, last as number] as const),
  };
}

/** Makes the enum type `levelsI` whose codes are places in the returned list. */
async function defineLevels(connection: DuckDBConnection, name: string, i: number): Promise<string[]> {
  const read = await connection.runAndReadAll(
    `SELECT DISTINCT f${i} FROM staged WHERE kept AND f${i} IS NOT NULL LIMIT ${maxLevels + 1}`,
  );
  const levels = read
    .getRowsJson()
    .map(([level]) => String(level))
    .sort();
  if (levels.length > maxLevels) {
    throw new CodedError(
      'DATASET_TYPE',
      `feature ${name}: more than ${maxLevels} different categories; an id or free text is no category`,
    );
  }
  // An enum needs one member; a feature that is missing everywhere gets one that no row has.
  const members = levels.length > 0 ? levels : [''];
  await connection.run(`CREATE TYPE levels${i} AS ENUM (${members.map(literal).join(', ')})`);
  return levels;
}

interface Fetching {
  readonly file: DatasetFile;
  readonly features: ReadonlyMap<string, FeatureMapping>;
  readonly ids: Ids;
  readonly levels: ReadonlyMap<string, readonly string[]>;
  readonly wanted: WantedRows;
}

async function fetchRows(
  connection: DuckDBConnection,
  { file, features, ids, levels, wanted }: Fetching,
): Promise<StagedRows> {
  const names = [...features.keys()];
  const selected = ['rowid::INTEGER'];
  const scatters: ((vector: Vector, places: Int32Array) => void)[] = [];
  /** A column that is read into an array by place. */
  const scatter = <T extends Uint8Array | Int32Array | Float64Array>(expression: string, to: T): T => {
    selected.push(expression);
    scatters.push((vector, places) => {
      const from = items<ArrayLike<number>>(vector);
      for (let i = 0; i < places.length; i++) to[places[i]!] = from[i]!;
    });
    return to;
  };
  const sourceRow = new Int32Array(ids.rows);
  const outcome = wanted.outcome
    ? {
        label: scatter('label', new Uint8Array(ids.rows)),
        split: scatter(splitOf(file.test, ids.numeric), new Uint8Array(ids.rows)),
        splitRule: splitRule(file.test, ids.numeric),
      }
    : undefined;
  const numbers = new Map<string, Float64Array>();
  const categories = new Map<string, CategoryColumn>();
  for (const [i, name] of names.entries()) {
    const known = levels.get(name);
    if (known === undefined) {
      numbers.set(name, scatter(identifier(`f${i}`), new Float64Array(ids.rows)));
    } else {
      const code = `coalesce(enum_code(f${i}::levels${i})::INTEGER, -1)`;
      categories.set(name, { codes: scatter(code, new Int32Array(ids.rows)), levels: known });
    }
  }
  const raw = wanted.ids ? new Array<string>(ids.rows).fill('') : undefined;
  if (raw !== undefined) {
    selected.push('raw');
    scatters.push((vector, places) => {
      for (let i = 0; i < places.length; i++) raw[places[i]!] = String(vector.getItem(i));
    });
  }
  const result = await connection.stream(`SELECT ${selected.join(', ')} FROM staged WHERE kept`);
  for await (const chunk of chunksOf(result)) {
    const rows = items<Int32Array>(chunk.getColumnVector(0));
    const places = rows.map((row) => ids.place[row]!);
    for (let i = 0; i < rows.length; i++) sourceRow[places[i]!] = rows[i]! + 1;
    for (const [i, read] of scatters.entries()) read(chunk.getColumnVector(i + 1), places);
  }
  return {
    rows: ids.rows,
    sourceRow,
    numbers,
    categories,
    ...(outcome && { outcome }),
    ...(raw && { ids: raw }),
    rowsWithoutId: ids.without,
    duplicateIds: ids.duplicates,
  };
}

function splitOf(test: DatasetFile['test'], numeric: boolean): string {
  return `coalesce(${'column' in test ? 'split' : splitIdExpression(numeric, test)}, 0)::UTINYINT`;
}

function splitRule(test: DatasetFile['test'], numeric: boolean): string {
  if ('column' in test) return `${test.column} is 1`;
  return `${numeric ? 'id' : 'SHA-256(id)'} % ${test.modulo} == ${test.equals}`;
}

type StreamResult = Awaited<ReturnType<DuckDBConnection['stream']>>;
type Chunk = NonNullable<Awaited<ReturnType<StreamResult['fetchChunk']>>>;
type Vector = ReturnType<Chunk['getColumnVector']>;

async function* chunksOf(result: StreamResult): AsyncGenerator<Chunk> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** The values of a column that is never NULL: DuckDB's NULL reads as 0 here, so the SQL above leaves none. */
function items<T>(vector: Vector): T {
  return (vector as unknown as { items: T }).items;
}
