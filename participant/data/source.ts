import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { CodedError } from '../../contract/index.js';
import { readCsv } from './csv.js';
import type { DatasetFile } from './dataset-file.js';
import { identifier, literal, type SourceColumn } from './expressions.js';
import { copyFromPostgres } from './postgres.js';

export interface ReadOptions {
  /** Looks up what `urlEnv` names; participants pass their environment, tests a map. */
  readonly env?: (name: string) => string | undefined;
  /** Memory DuckDB may use; nothing is spilled to disk, so that rows never land in temporary files. */
  readonly memoryMiB?: number;
  /** Whole reading, in milliseconds. */
  readonly timeoutMs?: number;
}

/** An opened source: `relation` stands after FROM, `columns` is what it offers. */
export interface Source {
  readonly connection: DuckDBConnection;
  readonly relation: string;
  readonly columns: readonly SourceColumn[];
}

const defaultMemoryMiB = 4096;
const defaultTimeoutMs = 10 * 60_000;

/**
 * Opens the source of a dataset in a DuckDB of its own that can read the named files and nothing else:
 * no network, no extension, no other path, no further change of settings.
 * `shape`: only the columns matter; databases send no rows.
 * @throws {CodedError} DATASET_UNREADABLE. Messages of the database that could quote values are cut.
 */
export async function withSource<T>(
  file: DatasetFile,
  options: ReadOptions,
  use: (source: Source) => Promise<T>,
  extent: 'rows' | 'shape' = 'rows',
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  // Loaded here: a quarter of what the rest of a participant takes to start, and its own thread never reads rows.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    memory_limit: `${options.memoryMiB ?? defaultMemoryMiB}MiB`,
    temp_directory: '',
    threads: '2',
  });
  const connection = await instance.connect();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.interrupt();
  }, timeoutMs);
  try {
    const relation = await openRelation(connection, file, options, extent);
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relation}`);
    const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    return await use({ connection, relation, columns });
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    const what = late ? `not read within ${timeoutMs / 1000} s` : withoutValues(thrown);
    throw new CodedError('DATASET_UNREADABLE', `dataset ${file.dataset}: ${what}`);
  } finally {
    clearTimeout(timer);
    connection.closeSync();
    instance.closeSync();
  }
}

async function openRelation(
  connection: DuckDBConnection,
  file: DatasetFile,
  options: ReadOptions,
  extent: 'rows' | 'shape',
): Promise<string> {
  const { source } = file;
  const paths = [source.csv, source.parquet, source.json, ...Object.values(source.files ?? {})].filter(
    (path) => path !== undefined,
  );
  for (const path of paths) await checkThere(file, path);
  await confine(
    connection,
    paths.map((path) => resolve(file.folder, path)),
  );
  if (source.csv !== undefined) {
    const { delimiter, encoding } = source;
    return readCsv(connection, resolve(file.folder, source.csv), { delimiter, encoding });
  }
  if (source.parquet !== undefined) return readParquet(resolve(file.folder, source.parquet));
  if (source.json !== undefined) return readJson(resolve(file.folder, source.json));
  if (source.postgres !== undefined) {
    await copyFromPostgres(connection, 'source', source.postgres, options.env, extent);
    return 'source';
  }
  for (const [name, path] of Object.entries(source.files ?? {})) {
    const read = await readByName(connection, file, resolve(file.folder, path));
    await connection.run(`CREATE TEMP VIEW ${identifier(name)} AS SELECT * FROM ${read}`);
  }
  return `(${await oneSelect(connection, file, source.sql!)}\n)`;
}

const isPattern = (path: string) => /[*?[]/.test(path);

/** The database would look for a folder of that name, and say that it must not. */
async function checkThere({ dataset, folder }: DatasetFile, path: string): Promise<void> {
  if (isPattern(path)) return;
  const found = await stat(resolve(folder, path)).catch(() => undefined);
  if (found?.isFile()) return;
  const sentence = found ? 'is no file' : 'is not there';
  throw new CodedError('DATASET_UNREADABLE', `dataset ${dataset}: the file ${basename(path)} ${sentence}`);
}

/** After this the connection reads these files (or, for a pattern, its folder) and cannot be opened up again. */
async function confine(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  const files = paths.filter((path) => !isPattern(path));
  const folders = paths.filter(isPattern).map((path) => path.slice(0, path.search(/[^/\\]*[*?[]/)));
  await connection.run(`SET allowed_paths = [${files.map(literal).join(', ')}]`);
  await connection.run(`SET allowed_directories = [${folders.map(literal).join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

function readParquet(path: string): string {
  return `read_parquet(${literal(path)}, union_by_name = true)`;
}

function readJson(path: string): string {
  return `read_json(${literal(path)}, sample_size = -1, union_by_name = true)`;
}

async function readByName(connection: DuckDBConnection, file: DatasetFile, path: string): Promise<string> {
  if (/\.(csv|tsv)(\.gz)?$/i.test(path)) return readCsv(connection, path);
  if (/\.parquet$/i.test(path)) return readParquet(path);
  if (/\.(json|ndjson|jsonl)(\.gz)?$/i.test(path)) return readJson(path);
  throw new CodedError(
    'DATASET_INVALID',
    `${file.path}: source.files: must end in .csv, .tsv, .parquet, .json, .ndjson or .jsonl (csv and json also .gz)`,
  );
}

async function oneSelect(connection: DuckDBConnection, file: DatasetFile, sql: string): Promise<string> {
  const query = sql.trim().replace(/;\s*$/, '');
  if ((await connection.extractStatements(query)).count !== 1) {
    throw new CodedError('DATASET_INVALID', `${file.path}: source.sql: must be one SELECT`);
  }
  return query;
}

/**
 * What DuckDB says about names, paths and grammar is passed on. Conversion and CSV errors quote the
 * offending line, so only their kind and line number are.
 */
function withoutValues(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const [firstLine = ''] = message.split('\n');
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line !== undefined) {
    const columns = /Expected Number of Columns: \d+ Found: \d+/.exec(message)?.[0];
    const encoding = /unicode|utf-?8/i.test(message) ? 'is not in the declared encoding' : undefined;
    return `line ${line} of the CSV file ${columns ?? encoding ?? 'cannot be read'}`;
  }
  if (/^(IO|Permission|Catalog|Binder|Parser) Error/.test(firstLine)) return firstLine;
  if (/^Out of Memory Error/.test(firstLine)) return 'needs more memory than it may use';
  return `cannot be read (${/^([A-Z][A-Za-z ]*?) Error/.exec(firstLine)?.[1] ?? 'unknown'} error)`;
}
