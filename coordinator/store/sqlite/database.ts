import {
  type Compilable,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import Libsql from 'libsql';
import { toCodedError } from '../../../contract/index.js';
import type { Tables } from './schema.js';

/** How long a writer waits for another process's transaction (the CLI's invite and revoke) before it gives up. */
const busyTimeoutMs = 10_000;

/** Builds and types queries; it has no connection. */
export const queries = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/**
 * A SQLite file opened for durable writing. Queries run synchronously, whole transactions without a turn of the
 * event loop in between: kysely's own SQLite driver yields between statements, and then a synchronous reader of
 * the same connection (the log of identities, asked at every call) would stand inside somebody's transaction.
 * Everything throws STORAGE_FULL while the disk is full or fails, or another process holds the file for too long;
 * nothing of the change is stored then.
 */
export class Database {
  readonly #libsql: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();

  constructor(file: string) {
    this.#libsql = new Libsql(file);
    // Integers come back as bigint; as numbers they would be cut off at 32 bits.
    this.#libsql.defaultSafeIntegers(true);
    // First: switching to WAL itself needs the lock another process may hold.
    this.execute(`pragma busy_timeout = ${busyTimeoutMs}`);
    this.execute('pragma journal_mode = wal');
    // Syncs the log at every commit: what was answered survives SIGKILL and power loss.
    this.execute('pragma synchronous = full');
    this.execute('pragma foreign_keys = on');
  }

  execute(sql: string): void {
    coded(() => this.#libsql.exec(sql));
  }

  /** Number of the schema in the file, 0 in a new one. */
  userVersion(): number {
    const row = this.#libsql.prepare('pragma user_version').get() as { user_version: bigint };
    return Number(row.user_version);
  }

  /** Size of the file, without the log beside it. */
  bytes(): number {
    const pages = this.#libsql.prepare('pragma page_count').get() as { page_count: bigint };
    const page = this.#libsql.prepare('pragma page_size').get() as { page_size: bigint };
    return Number(pages.page_count * page.page_size);
  }

  /** Whether a row refers to one that is not there; looked for while foreign keys are off. */
  hasDanglingRows(): boolean {
    return this.#libsql.prepare('pragma foreign_key_check').all().length > 0;
  }

  all<Row>(query: Compilable<Row>): Row[] {
    const { statement, parameters } = this.#prepared(query);
    return coded(() => statement.all(parameters)) as Row[];
  }

  first<Row>(query: Compilable<Row>): Row | undefined {
    return this.all(query)[0];
  }

  /** Runs a change and returns how many rows it touched. */
  run(query: Compilable<unknown>): number {
    const { statement, parameters } = this.#prepared(query);
    return Number(coded(() => statement.run(parameters)).changes);
  }

  /**
   * Takes the write lock first. A transaction that reads before it writes fails at once, without waiting, when
   * another process wrote in between.
   */
  transaction<T>(work: () => T): T {
    // Of one that could not be rolled back.
    this.#rollBack();
    this.execute('begin immediate');
    try {
      const result = work();
      this.execute('commit');
      return result;
    } catch (error) {
      try {
        this.#rollBack();
      } catch {
        // The next transaction does it; why this one failed is what matters.
      }
      throw error;
    }
  }

  /** SQLite ends some transactions by itself when a write fails; there is nothing to roll back then. */
  #rollBack(): void {
    if (this.#libsql.inTransaction) this.execute('rollback');
  }

  close(): void {
    this.#statements.clear();
    this.#libsql.close();
  }

  #prepared(query: Compilable<unknown>) {
    const { sql, parameters } = query.compile();
    // Binding a boolean aborts the process (libsql 0.5.29), and no try/catch helps: refuse it here.
    if (parameters.some((value) => typeof value === 'boolean')) {
      throw new TypeError('bind 0 or 1, not a boolean');
    }
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = coded(() => this.#libsql.prepare(sql));
      this.#statements.set(sql, statement);
    }
    return { statement, parameters: [...parameters] };
  }
}

/** What SQLite refuses for want of room, or of a lock, with its code; what else it throws is a fault of ours. */
function coded<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const error = toCodedError(thrown);
    throw error.code === 'STORAGE_FULL' ? error : thrown;
  }
}
