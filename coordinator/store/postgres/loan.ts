import type { PostgresQueryResult } from 'kysely';
import pg from 'pg';

/** As pg has it since 8.16; its types do not know. `I` outside a transaction, `T` in one, `E` in one that failed. */
type PooledClient = pg.PoolClient & { getTransactionStatus(): 'I' | 'T' | 'E' | null };

/**
 * A connection on loan from the pool. It goes back only when the server has answered everything on it and no transaction
 * is open: the next borrower's COMMIT would store what an earlier one was told had failed. Otherwise it is ended, which
 * rolls back.
 */
export class Loan {
  readonly #client: PooledClient;
  #lost: Error | undefined;

  constructor(client: pg.PoolClient) {
    this.#client = client as PooledClient;
    // The pool listens to idle connections only; an error that nobody hears would end the process.
    this.#client.on('error', this.#lose);
  }

  async query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    // Nothing waits behind a statement that is not answered, a ROLLBACK neither.
    if (this.#lost) throw this.#lost;
    try {
      return (await this.#client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
    } catch (thrown) {
      // Not in the server's words: the statement may be running still.
      if (!(thrown instanceof pg.DatabaseError)) this.#lose(thrown as Error);
      throw thrown;
    }
  }

  release(): void {
    this.#client.off('error', this.#lose);
    this.#client.release(this.#lost ?? this.#client.getTransactionStatus() !== 'I');
  }

  readonly #lose = (error: Error): void => {
    this.#lost ??= error;
  };
}
