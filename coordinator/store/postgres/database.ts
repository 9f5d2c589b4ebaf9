import { type Kysely, Kysely as KyselyOf, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { connectionOf, connectMs } from './connection.js';
import { Loan } from './loan.js';
import { databaseRefusal } from './refusal.js';
import type { Tables } from './schema.js';

/** A statement that takes longer is stuck: the largest reads a few hundred rows. */
const statementMs = 10_000;

export interface DatabaseLimits {
  /** Of the store: each transaction is short; jobs at work take turns at these. */
  readonly connections?: number;
  /** Milliseconds after which a statement is given up here, answered or not. */
  readonly answerMs?: number;
  /** Milliseconds after which the database ends a transaction in which nothing is asked. */
  readonly idleMs?: number;
}

/** A pool of connections with the typed queries of the coordinator's tables. */
export class Database {
  readonly #config: pg.ClientConfig;
  readonly #queries: Kysely<Tables>;

  /**
   * @param url `postgres://…`; it may hold a password and never stands in an error.
   * @throws {CodedError} CONFIG_INVALID as `connectionOf`.
   */
  constructor(
    url: string,
    { connections = 10, answerMs = statementMs + connectMs, idleMs = 10_000 }: DatabaseLimits = {},
  ) {
    this.#config = { ...connectionOf(url, { statementMs, idleMs }), query_timeout: answerMs };
    const pool = new pg.Pool({ ...this.#config, max: connections });
    // A broken connection in the pool is replaced; without a listener it would end the process.
    pool.on('error', () => undefined);
    const lending = {
      // Without the cursors that streaming would need.
      connect: async () => new Loan(await pool.connect()) as unknown as PostgresPoolClient,
      end: () => pool.end(),
    };
    this.#queries = new KyselyOf<Tables>({ dialect: new PostgresDialect({ pool: lending }) });
  }

  /** Runs queries outside a transaction. @throws {CodedError} as `databaseRefusal`. */
  async read<T>(work: (queries: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#queries);
    } catch (thrown) {
      throw databaseRefusal(thrown);
    }
  }

  /**
   * Runs a change whole or not at all (read committed: correctness rests on conditions in the statements and on
   * locks they name).
   * @throws {CodedError} as `databaseRefusal`, when the database did not say that it is done.
   */
  change<T>(work: (queries: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.read((queries) => queries.transaction().execute(work));
  }

  /** A connection of its own for LISTEN, not yet connected. */
  newClient(): pg.Client {
    return new pg.Client(this.#config);
  }

  async close(): Promise<void> {
    await this.#queries.destroy();
  }
}
