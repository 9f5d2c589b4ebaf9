import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodedError } from '../../contract/index.js';
import { Database } from '../../coordinator/store/postgres/database.js';
import { PostgresStage } from '../support/postgres-stage.js';

const postgres = new PostgresStage('refusals of PostgreSQL are');

describe.runIf(postgres.present)('PostgreSQL that refuses', () => {
  beforeAll(() => postgres.start());
  afterAll(() => postgres.stop());

  /** What a write into `room` is answered. */
  const answered = async (url: string): Promise<CodedError> => {
    const database = new Database(url, { connections: 1 });
    try {
      return await database.change(async (queries) => {
        await sql`insert into room values (1)`.execute(queries);
        throw new Error('nothing was refused');
      });
    } catch (error) {
      return error as CodedError;
    } finally {
      await database.close();
    }
  };

  it.each([
    ['53100', 'a full disk'],
    ['53200', 'no memory'],
    ['58030', 'a disk that fails'],
  ])('a write with %s, %s: STORAGE_FULL, and nothing is stored', async (state) => {
    const url = await postgres.newDatabase();
    await postgres.query(
      url,
      'create table room (n int)',
      `create function refuse() returns trigger as $$ begin raise exception using errcode = '${state}'; end $$ language plpgsql`,
      'create trigger full_disk before insert on room for each row execute function refuse()',
    );
    const error = await answered(url);
    expect(error).toMatchObject({ code: 'STORAGE_FULL' });
    expect(error.message).toContain(state);
  });

  it('a write to a server that is read-only, as a standby is: named as that', async () => {
    const url = await postgres.newDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(
      url,
      'create table room (n int)',
      `alter database "${name}" set default_transaction_read_only = on`,
    );
    const error = await answered(url);
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(error.message).toMatch(/standby or set read-only.*25006/);
  });

  it('a connection too many: named as that', async () => {
    const url = await postgres.newDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(
      url,
      'create table room (n int)',
      'create role limited login',
      'grant all on room to limited',
    );
    await postgres.query(url, `alter database "${name}" connection limit 0`);
    const limited = new URL(url);
    limited.username = 'limited';
    const error = await answered(limited.href);
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(error.message).toMatch(/no more connections \(53300\)/);
  });
});
