import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, JobId } from '../../contract/index.js';
import { PostgresReplicas } from '../../coordinator/store/postgres/replicas.js';
import { codedAsync } from '../support/coded.js';
import { PostgresStage } from '../support/postgres-stage.js';
import { silentLinkTo } from '../support/silent-link.js';

const postgres = new PostgresStage('outages of PostgreSQL are');
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe.runIf(postgres.present)('PostgreSQL that goes silent', () => {
  beforeAll(() => postgres.start());
  afterEach(() => postgres.tidy());
  afterAll(() => postgres.stop());

  const link = async (url: string) => {
    const silent = await silentLinkTo(url);
    postgres.closing(() => silent.close());
    return silent;
  };

  it.each([
    ['stands open', "insert into things values ('stray')"],
    ['failed', "insert into things values ('stray' || 1 / (select 0 from things))"],
  ])('leaves no transaction that %s to whoever comes next', async (_, stray) => {
    const url = await postgres.newDatabase();
    await postgres.query(url, "create table things (name text); insert into things values ('kept')");
    const { silenceAfter, heal, url: by } = await link(url);
    const database = postgres.database(by, { connections: 1, answerMs: 300 });
    const silent = silenceAfter('stray');
    const lost = codedAsync(database.change((queries) => sql.raw(stray).execute(queries)));
    await silent;
    expect(await lost).toBe('COORDINATOR_UNREACHABLE');
    heal();
    const next = (name: string) =>
      database.change((queries) => sql`insert into things values (${name})`.execute(queries));
    await next('first');
    await next('second');
    const names = await postgres.query<{ name: string }>(url, 'select name from things order by name');
    expect(names.map(({ name }) => name)).toEqual(['first', 'kept', 'second']);
  });

  it('is asked anew on another connection, without a wait for the answer that did not come', async () => {
    const url = await postgres.newDatabase();
    const { silenceAfter, url: by } = await link(url);
    const database = postgres.database(by, { connections: 1, answerMs: 300 });
    const silent = silenceAfter('stray');
    const ask = (name: string) =>
      database.read((queries) => sql<{ name: string }>`select ${name}::text as name`.execute(queries));
    const lost = codedAsync(ask('stray'));
    await silent;
    expect(await lost).toBe('COORDINATOR_UNREACHABLE');
    expect((await ask('next')).rows).toEqual([{ name: 'next' }]);
  });

  it('that ends a connection in the middle of a transaction ends that change and nothing else', async () => {
    const url = await postgres.newDatabase();
    const database = postgres.database(url, { connections: 1 });
    const changed = database.change(async (queries) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(queries);
      const { pid } = rows[0]!;
      await postgres.query(url, `select pg_terminate_backend(${pid})`);
      await until(
        async () =>
          (await postgres.query(url, `select 1 from pg_stat_activity where pid = ${pid}`)).length === 0,
      );
      await sql`select 1`.execute(queries);
    });
    expect(await codedAsync(changed)).toBe('COORDINATOR_UNREACHABLE');
    expect(await codedAsync(database.read((queries) => sql`select 1`.execute(queries)))).toBe('no error');
  });

  it('takes locks back from a replica that was suspended in a transaction', async () => {
    const url = await postgres.newDatabase();
    const [suspended, other] = [postgres.database(url, { idleMs: 200 }), postgres.database(url)];
    const lock = sql`select pg_advisory_xact_lock(1)`;
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let locked = () => {};
    const first = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const changed = codedAsync(
      suspended.change(async (queries) => {
        await lock.execute(queries);
        locked();
        await asleep;
        await sql`select 1`.execute(queries);
      }),
    );
    await first;
    await other.change((queries) => lock.execute(queries));
    wake();
    expect(await changed).toBe('COORDINATOR_UNREACHABLE');
  });

  it('is told to give a silent replica up within seconds', async () => {
    const database = postgres.database(await postgres.newDatabase());
    const { rows } = await database.read((queries) =>
      sql<{ name: string; setting: string }>`
        select name, setting from pg_settings
        where name in ('idle_in_transaction_session_timeout', 'statement_timeout', 'tcp_user_timeout')
          or name like 'tcp_keepalives%' order by name`.execute(queries),
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))).toEqual({
      idle_in_transaction_session_timeout: 10_000,
      statement_timeout: 10_000,
      tcp_keepalives_count: 3,
      tcp_keepalives_idle: 5,
      tcp_keepalives_interval: 5,
      tcp_user_timeout: 15_000,
    });
  });

  it.each(['40001', '40P01', '25P02', '25P03', '57P01'])('answers %s: come again', async (state) => {
    const database = postgres.database(await postgres.newDatabase());
    const raise = sql.raw(`do $$ begin raise exception 'no' using errcode = '${state}'; end $$`);
    expect(await codedAsync(database.change((queries) => raise.execute(queries)))).toBe(
      'COORDINATOR_UNREACHABLE',
    );
  });

  it('has events stored whole though nobody is left to say so', async () => {
    const url = await postgres.newDatabase();
    const { silenceAfter, url: by, close } = await link(url);
    const [cut, other] = [await postgres.store(by), await postgres.store(url)];
    const jobId = `job-${'1'.repeat(32)}` as JobId;
    const event = (index: number): JobEvent => ({
      ...{ index, atMs: index },
      body: { kind: 'consented', deadlineMs: 5 },
    });
    const job = { jobId, specDigest: 'ab'.repeat(32) as never, submitter: 'ana', idempotencyKey: '' };
    await cut.createJob({ ...job, first: event(0) });
    const silent = silenceAfter('next_index');
    const appended = codedAsync(cut.append(jobId, [event(1), event(2)], 'keying'));
    await silent;
    await until(async () => (await other.findJob(jobId))?.nextIndex === 3);
    expect(await other.readEvents(jobId, 0, 10)).toEqual([event(0), event(1), event(2)]);
    close();
    expect(await appended).toBe('COORDINATOR_UNREACHABLE');
    expect(await other.append(jobId, [event(3)], 'keying')).toBe(true);
  });

  it('copies ciphertexts of a replica without a lock that another one would wait for', async () => {
    const url = await postgres.newDatabase();
    const { silenceAfter, url: by, close } = await link(url);
    const [cut, other] = [await postgres.blobs(by), await postgres.blobs(url)];
    const silent = silenceAfter('insert into "blob_chunks"');
    const stuck = codedAsync(cut.put('a/1/added', import.meta.filename));
    await silent;
    await other.put('a/1/added', import.meta.filename);
    close();
    expect(await stuck).toBe('COORDINATOR_UNREACHABLE');
    await until(
      async () =>
        (await postgres.query(url, 'select 1 from pg_locks where locktype = $$advisory$$')).length === 0,
    );
    expect(await postgres.query(url, 'select distinct key from blob_chunks')).toEqual([{ key: 'a/1/added' }]);
  });

  describe('to the ear of a replica', () => {
    const listening = async (url: string) => {
      const replicas = new PostgresReplicas(postgres.database(url), 100);
      postgres.closing(() => replicas.close());
      return replicas;
    };

    it('is noticed, and heard again on a new connection', async () => {
      const url = await postgres.newDatabase();
      const { silence, url: by } = await link(url);
      const replicas = await listening(by);
      let connected = 0;
      replicas.listen({ reconnected: () => connected++ });
      await until(() => connected === 1);
      silence();
      await until(() => connected === 2);
      const appended = new Promise((heard) => {
        replicas.listen({ appended: (id, nextIndex) => heard([id, nextIndex]) });
      });
      await postgres.query(url, "select pg_notify('fedrisk', 'appended job-1 7')");
      expect(await appended).toEqual(['job-1', 7]);
    });

    it('is made good by a look for letters that nobody told of', async () => {
      const url = await postgres.newDatabase();
      await postgres.store(url);
      const replicas = await listening(url);
      await new Promise<void>((ready) => replicas.listen({ reconnected: ready }));
      await postgres.query(
        url,
        `insert into letters (receiver, sent_at, body) values ('${replicas.self}', now(), 'kept')`,
      );
      const letters = new Promise<string[]>((read) => {
        replicas.listen({
          letters: async () => {
            const received = await replicas.receive();
            if (received.length > 0) read(received);
          },
        });
      });
      expect(await letters).toEqual(['kept']);
    });
  });
});
