import type { DuckDBConnection } from '@duckdb/node-api';
import type pg from 'pg';
import { CodedError } from '../../contract/index.js';
import { identifier } from './expressions.js';

export interface PostgresSource {
  readonly urlEnv: string;
  readonly sql: string;
  readonly timeoutSeconds: number;
}

const connectTimeoutMs = 10_000;
/** Rows per FETCH: memory of one batch stays small beside the table; also what one DuckDB chunk holds. */
const rowsPerFetch = 2048;
const boolType = 16;

/**
 * Copies the rows of one query, as text, into the DuckDB table `into`: read-only repeatable-read transaction,
 * cursor, deadlines on connecting and, on the server, on every statement.
 * @throws {CodedError} DATASET_UNREADABLE; the URL and values of rows never stand in the message.
 */
export async function copyFromPostgres(
  duckdb: DuckDBConnection,
  into: string,
  source: PostgresSource,
  env: ((name: string) => string | undefined) | undefined,
  extent: 'rows' | 'shape',
): Promise<void> {
  const url = env?.(source.urlEnv);
  if (!url) throw unreadable(`environment variable ${source.urlEnv} is not set`);
  // Loaded here, so that workers whose rows lie in files start without it.
  const { default: driver } = await import('pg');
  const client = openClient(driver, url, source);
  try {
    await client.connect();
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const query = source.sql.trim().replace(/;\s*$/, '');
    // The extended protocol takes one statement only; pg's types do not know the option.
    const declare = { text: `DECLARE fedrisk_rows NO SCROLL CURSOR FOR ${query}`, queryMode: 'extended' };
    await client.query(declare);
    await copyCursor(client, duckdb, into, extent);
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw unreadable(withoutValues(thrown));
  } finally {
    await client.end().catch(() => undefined);
  }
}

function openClient(driver: typeof pg, url: string, source: PostgresSource): pg.Client {
  const timeoutMs = source.timeoutSeconds * 1000;
  let client: pg.Client;
  try {
    client = new driver.Client({
      connectionString: url,
      application_name: 'fedrisk',
      connectionTimeoutMillis: Math.min(connectTimeoutMs, timeoutMs),
      statement_timeout: timeoutMs,
      // The server stops first; this ends the wait when the server itself is gone.
      query_timeout: timeoutMs + connectTimeoutMs,
      types: {
        getTypeParser: (type: number) => (type === boolType ? boolText : asText),
      } as pg.CustomTypesConfig,
    });
  } catch {
    throw unreadable(`environment variable ${source.urlEnv} holds no postgres:// URL`);
  }
  // A broken connection also rejects the query that waits; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
}

async function copyCursor(
  client: pg.Client,
  duckdb: DuckDBConnection,
  into: string,
  extent: 'rows' | 'shape',
): Promise<void> {
  const fetch = (rows: number) =>
    client.query<(string | null)[]>({ text: `FETCH ${rows} FROM fedrisk_rows`, rowMode: 'array' });
  const { fields } = await fetch(0);
  if (fields.length === 0) throw unreadable('the query of the PostgreSQL source gives no columns');
  const columns = fields.map(({ name }) => `${identifier(name)} VARCHAR`).join(', ');
  await duckdb.run(`CREATE TEMP TABLE ${identifier(into)} (${columns})`);
  if (extent === 'shape') return;
  const { DuckDBDataChunk, VARCHAR } = await import('@duckdb/node-api');
  const appender = await duckdb.createAppender(into);
  const types = fields.map(() => VARCHAR);
  for (let { rows } = await fetch(rowsPerFetch); rows.length > 0; { rows } = await fetch(rowsPerFetch)) {
    const chunk = DuckDBDataChunk.create(types);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function asText(value: string): string {
  return value;
}

function boolText(value: string): string {
  return value === 't' ? 'true' : 'false';
}

function unreadable(what: string): CodedError {
  return new CodedError('DATASET_UNREADABLE', what);
}

/** Data exceptions (class 22) and constraint violations (23) quote values: only their SQLSTATE is passed on. */
function withoutValues(thrown: unknown): string {
  const { code = '', message = '' } = thrown as { code?: string; message?: string };
  if (code === '57014') return 'PostgreSQL: the query took longer than timeoutSeconds';
  if (/^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code)) {
    return /^2[23]/.test(code)
      ? `PostgreSQL: the query failed (SQLSTATE ${code})`
      : `PostgreSQL: ${message} (${code})`;
  }
  return `PostgreSQL: no connection (${code || (/timeout/i.test(message) ? 'timeout' : 'refused or closed')})`;
}
