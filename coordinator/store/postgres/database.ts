import { type Kysely, Kysely as KyselyOf, PostgresDialect } from 'kysely';
import pg from 'pg';
import { CodedError } from '../../../contract/index.js';
import type { Tables } from './schema.js';

/** A statement that takes longer is stuck: the largest reads a few hundred rows. */
const statementMs = 10_000;
const connectMs = 5_000;
/** Of the store: each transaction is short; jobs at work take turns at these. */
const mostConnections = 10;
const int8 = 20;

/** A pool of connections with the typed queries of the coordinator's tables. */
export class Database {
  readonly #pool: pg.Pool;
  readonly #queries: Kysely<Tables>;

  /** @param url `postgres://…`; it may hold a password and never stands in an error. */
  constructor(
    private readonly url: string,
    connections = mostConnections,
  ) {
    this.#pool = new pg.Pool({
      ...connectionOf(url),
      max: connections,
      query_timeout: statementMs + connectMs,
    });
    // A broken connection in the pool is replaced; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
    this.#queries = new KyselyOf<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  /** Runs queries outside a transaction. @throws {CodedError} COORDINATOR_UNREACHABLE while the database does not answer. */
  async read<T>(work: (queries: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#queries);
    } catch (thrown) {
      throw unreachable(thrown);
    }
  }

  /**
   * Runs a change whole or not at all (read committed: correctness rests on conditions in the statements and on
   * locks they name).
   * @throws {CodedError} COORDINATOR_UNREACHABLE when the database did not say that it is done.
   */
  change<T>(work: (queries: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.read((queries) => queries.transaction().execute(work));
  }

  /** A connection of its own for LISTEN, not yet connected. */
  newClient(): pg.Client {
    return new pg.Client({ ...connectionOf(this.url), keepAlive: true });
  }

  async close(): Promise<void> {
    await this.#queries.destroy();
  }
}

function connectionOf(url: string): pg.ClientConfig {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new CodedError('CONFIG_INVALID', 'store: must be sqlite or a postgres:// URL');
  }
  return {
    connectionString: url,
    application_name: 'fedrisk-coordinator',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    // What was answered must survive a crash of the database, however the server is set up.
    options: '-c synchronous_commit=on',
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        // Times and indexes stay far below 2^53.
        type === int8 ? Number : pg.types.getTypeParser(type, format as 'text'),
    } as pg.CustomTypesConfig,
  };
}

/** Classes 08 connection, 53 resources, 57 the operator, 58 the system, and 25006 a standby that was promoted away. */
const passingStates = /^(08|53|57|58|25006)/;

/** A database that does not answer is a coordinator that does not: callers come back by themselves. */
function unreachable(thrown: unknown): unknown {
  if (thrown instanceof CodedError) return thrown;
  const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown };
  const state = typeof code === 'string' ? code : '';
  const isState = /^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state);
  const passing = isState
    ? passingStates.test(state)
    : /^E[A-Z]+$/.test(state) || /connection|timeout|client was closed/i.test(String(message));
  if (!passing) return thrown;
  // Without the cause: a connection error can quote the URL's parts.
  return new CodedError(
    'COORDINATOR_UNREACHABLE',
    `the coordinator's database does not answer (${state || 'closed'})`,
  );
}
