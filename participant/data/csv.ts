import type { DuckDBConnection } from '@duckdb/node-api';
import { CodedError } from '../../contract/index.js';
import { literal } from './expressions.js';

export interface CsvForm {
  /** A comma when left away, a tabulator for .tsv. */
  readonly delimiter?: string | undefined;
  readonly encoding?: 'utf-8' | 'utf-16' | 'latin-1' | undefined;
}

/**
 * Nothing is sniffed: DuckDB would take another delimiter when a line is ragged, skip a first line that looks
 * odd and drop lines that begin with `#`. Small buffers: reading the first line of a gzip file unpacks a whole
 * one, with DuckDB's 32 MB a quarter of a second.
 */
const plain = "auto_detect = false, skip = 0, comment = '', buffer_size = 4194304, max_line_size = 1048576";

/**
 * A FROM item for an RFC 4180 file with a header line, `.gz` or not. All columns are text: types are the
 * dataset file's to say.
 * @throws {CodedError} DATASET_UNREADABLE without a usable header; errors of DuckDB pass.
 */
export async function readCsv(
  connection: DuckDBConnection,
  path: string,
  form: CsvForm = {},
): Promise<string> {
  const delimiter = form.delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ',');
  const encoding = `encoding = ${literal(form.encoding ?? 'utf-8')}`;
  const first = await connection.runAndReadAll(
    `SELECT line FROM read_csv(${literal(path)}, ${plain}, ${encoding}, columns = {line: 'VARCHAR'}, ` +
      `header = false, delim = '\x1f', quote = '', escape = '') LIMIT 1`,
  );
  const names = headerNames(String(first.getRows()[0]?.[0] ?? ''), delimiter);
  const columns = names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  return (
    `read_csv(${literal(path)}, ${plain}, ${encoding}, columns = {${columns}}, header = true, ` +
    `delim = ${literal(delimiter)}, quote = '"', escape = '"')`
  );
}

function headerNames(line: string, delimiter: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (const character of line.replace(/^\ufeff/, '').replace(/\r$/, '')) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      names.push(name);
      name = '';
    } else name += character;
  }
  names.push(name);
  const unnamed = names.indexOf('');
  if (unnamed >= 0) throw unreadable(`column ${unnamed + 1} of the CSV header has no name`);
  const twice = names.find((each, i) => names.indexOf(each) < i);
  if (twice !== undefined) throw unreadable(`the CSV header names ${twice} twice`);
  return names;
}

function unreadable(what: string): CodedError {
  return new CodedError('DATASET_UNREADABLE', what);
}
