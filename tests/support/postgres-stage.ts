import process from 'node:process';
import pg from 'pg';
import { openPostgresBlobs, openPostgresStore } from '../../coordinator/store/index.js';
import { Database, type DatabaseLimits } from '../../coordinator/store/postgres/database.js';
import { findPostgres, newDatabase, type PostgresServer, startPostgres } from './postgres-cluster.js';

/** A PostgreSQL server for the tests of one file, whose hooks start it, tidy up behind each test and stop it. */
export class PostgresStage {
  readonly #found = findPostgres();
  readonly #closing: (() => unknown)[] = [];
  #server: PostgresServer | undefined;

  /** @param subject of the sentence that is told where there is no PostgreSQL. */
  constructor(subject: string) {
    if ('missing' in this.#found) process.stderr.write(`${subject} not tested: ${this.#found.missing}\n`);
  }

  get present(): boolean {
    return 'bin' in this.#found;
  }

  async start(): Promise<void> {
    if ('bin' in this.#found) this.#server = await startPostgres(this.#found.bin);
  }

  stop(): void {
    this.#server?.stop();
  }

  /** Closes what was opened here, last first. */
  async tidy(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  /** Has something closed with what is opened here. */
  closing(close: () => unknown): void {
    this.#closing.push(close);
  }

  /** URL of the server's own database. */
  get url(): string {
    return this.#server!.url;
  }

  /** Makes an empty database. @returns its URL. */
  newDatabase(): Promise<string> {
    return newDatabase(this.#server!);
  }

  /** Runs statements on a connection of their own. @returns rows of the last one. */
  async query<Row extends object>(url: string, ...statements: readonly string[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    let rows: Row[] = [];
    try {
      for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    } finally {
      await client.end();
    }
    return rows;
  }

  database(url: string, limits: DatabaseLimits = {}): Database {
    const database = new Database(url, limits);
    this.closing(() => database.close());
    return database;
  }

  async store(url: string) {
    const store = await openPostgresStore(url);
    this.closing(() => store.close());
    return { ...store, replicas: store.replicas! };
  }

  async blobs(url: string) {
    const blobs = await openPostgresBlobs(url);
    this.closing(() => blobs.close());
    return blobs;
  }
}
