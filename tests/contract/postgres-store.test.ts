import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, JobId } from '../../contract/index.js';
import { openPostgresStore, type Store } from '../../coordinator/store/index.js';
import { Database } from '../../coordinator/store/postgres/database.js';
import { migrate } from '../../coordinator/store/postgres/schema.js';
import { PostgresStage } from '../support/postgres-stage.js';
import { storeSuite } from './store-suite.js';

const postgres = new PostgresStage('the PostgreSQL store is');
const jobId = `job-${'1'.repeat(32)}` as JobId;
const other = `job-${'2'.repeat(32)}` as JobId;
const first: JobEvent = { index: 0, atMs: 1, body: { kind: 'consented', deadlineMs: 5 } };
const newJob = (id: JobId) => ({
  jobId: id,
  specDigest: 'ab'.repeat(32) as never,
  submitter: 'ana',
  idempotencyKey: '',
  first,
});

describe.runIf(postgres.present)('PostgreSQL', () => {
  beforeAll(() => postgres.start());
  afterEach(() => postgres.tidy());
  afterAll(() => postgres.stop());

  storeSuite('postgres', async () => {
    const url = await postgres.newDatabase();
    return { open: () => openPostgresStore(url), tearDown: async () => {} };
  });

  describe('schema', () => {
    const steps = [
      ['create table things (name text)', "insert into things values ('kept')"],
      ['alter table things add column size integer', 'update things set size = 3'],
    ] as const;
    const run = async (url: string, upTo: number, list: readonly (readonly string[])[] = steps) => {
      const database = new Database(url);
      await migrate(database, list.slice(0, upTo)).finally(() => database.close());
    };

    it('goes forward step by step with every row, and is opened again as it is', async () => {
      const url = await postgres.newDatabase();
      await run(url, 1);
      await postgres.query(url, "insert into things values ('added')");
      await run(url, 2);
      await run(url, 2);
      expect(await postgres.query(url, 'select name, size from things order by name')).toEqual([
        { name: 'added', size: 3 },
        { name: 'kept', size: 3 },
      ]);
      expect(await postgres.query(url, 'select version from schema_version')).toEqual([{ version: 2 }]);
    });

    it('stays where it was when a step fails, tables and number', async () => {
      const url = await postgres.newDatabase();
      await run(url, 1);
      const bad = [steps[0], ['alter table things add column size integer', 'no such statement']];
      await expect(run(url, 2, bad)).rejects.toThrow(/syntax/);
      expect(await postgres.query(url, 'select * from things')).toEqual([{ name: 'kept' }]);
      expect(await postgres.query(url, 'select version from schema_version')).toEqual([{ version: 1 }]);
    });

    it('is made once by replicas that start together', async () => {
      const url = await postgres.newDatabase();
      await Promise.all([postgres.store(url), postgres.store(url), postgres.store(url)]);
      expect(await postgres.query(url, 'select count(*)::int as versions from schema_version')).toEqual([
        { versions: 1 },
      ]);
    });

    it('of an earlier version stays as it is when a command only looks at it, and none is made', async () => {
      const url = await postgres.newDatabase();
      await expect(openPostgresStore(url, 'refuse')).rejects.toMatchObject({ code: 'HOME_INVALID' });
      expect(await postgres.query(url, "select to_regclass('schema_version') as found")).toEqual([
        { found: null },
      ]);
      await postgres.store(url);
      await (await openPostgresStore(url, 'refuse')).close();
      await postgres.query(url, 'update schema_version set version = 1');
      await expect(openPostgresStore(url, 'refuse')).rejects.toMatchObject({ code: 'VERSION_UNSUPPORTED' });
      expect(await postgres.query(url, 'select version from schema_version')).toEqual([{ version: 1 }]);
    });

    it('of a newer version is refused', async () => {
      const url = await postgres.newDatabase();
      await postgres.store(url);
      await postgres.query(url, 'update schema_version set version = 99');
      await expect(openPostgresStore(url)).rejects.toMatchObject({ code: 'HOME_INVALID' });
    });
  });

  it('takes idempotency keys of any characters, and one of two submissions at once under one key', async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [await postgres.store(url), await postgres.store(url)];
    const keyed = (id: JobId, idempotencyKey: string) => ({ ...newJob(id), idempotencyKey });
    const answers = await Promise.all([
      one.createJob(keyed(jobId, 'a\0b')),
      two.createJob(keyed(jobId, 'a\0b')),
    ]);
    expect(answers.sort()).toEqual(['created', 'repeated']);
    expect(await one.createJob(keyed(other, 'a\ud800b'))).toBe('created');
    expect(await one.createJob(keyed(other, 'a\ud801b'))).toBe('replayed');
  });

  it('shows a revocation before anything that is logged after it, however many write at once', async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [await postgres.store(url), await postgres.store(url)];
    let seen = -1;
    const order: number[] = [];
    const write = async (store: Store, from: number) => {
      for (let n = from; n < from + 25; n++) {
        await store.registryLog.append({ kind: 'revoked', atMs: n, name: 'bank-a' as never, reason: '' });
      }
    };
    let writing = true;
    const read = async () => {
      while (writing || (await one.registryLog.read(seen)).length > 0) {
        for (const { index, event } of await one.registryLog.read(seen)) {
          seen = index;
          order.push(event.kind === 'revoked' ? event.atMs : -1);
        }
      }
    };
    const reading = read();
    await Promise.all([write(one, 0), write(two, 100), write(one, 200)]);
    writing = false;
    await reading;
    const whole = (await two.registryLog.read(-1)).map(({ event }) => event.kind === 'revoked' && event.atMs);
    expect(whole).toHaveLength(75);
    expect(order).toEqual(whole);
  });

  describe('replicas', () => {
    const pair = async () => {
      const url = await postgres.newDatabase();
      const [one, two] = [await postgres.store(url), await postgres.store(url)];
      await one.createJob(newJob(jobId));
      await one.createJob(newJob(other));
      return { url, one, two };
    };

    it('lets one hold a lease until it gives it back or it runs out, and counts the changes of hands', async () => {
      const { one, two } = await pair();
      expect(await one.replicas.claim([jobId], 60_000)).toEqual([{ jobId, token: 1 }]);
      expect(await two.replicas.claim([jobId, other], 60_000)).toEqual([{ jobId: other, token: 1 }]);
      expect(await one.replicas.claim([jobId], -1)).toEqual([{ jobId, token: 1 }]);
      expect(await two.replicas.claim([jobId], 60_000)).toEqual([{ jobId, token: 2 }]);
      expect(await one.replicas.claim([jobId], 60_000)).toEqual([]);
      await two.replicas.release();
      expect(await one.replicas.claim([jobId, other], 60_000)).toEqual([
        { jobId, token: 3 },
        { jobId: other, token: 2 },
      ]);
      expect(await one.replicas.claim([`job-${'9'.repeat(32)}` as JobId], 60_000)).toEqual([]);
    });

    it('lets one of many that claim together hold it', async () => {
      const { url } = await pair();
      const claimers = await Promise.all(Array.from({ length: 6 }, () => postgres.store(url)));
      const claims = await Promise.all(
        claimers.map((store, n) => store.replicas.claim(n % 2 ? [jobId, other] : [other, jobId], 60_000)),
      );
      const holders = claims.flat().map(({ jobId: held }) => held);
      expect(holders.sort()).toEqual([jobId, other]);
    });

    it('tells the others of events when they can be read, and of nothing that was not stored', async () => {
      const { one, two } = await pair();
      const heard: unknown[] = [];
      await new Promise<void>((ready) => two.replicas.listen({ reconnected: ready }));
      const seen = new Promise<void>((done) => {
        two.replicas.listen({
          appended: (id, nextIndex) => {
            two.readEvents(id, 0, 10).then((events) => {
              heard.push([id, nextIndex, events.length]);
              if (nextIndex === 3) done();
            });
          },
        });
      });
      expect(await one.append(jobId, [{ ...first, index: 7 }], 'keying')).toBe(false);
      await expect(one.append(jobId, [{ ...first, index: 1 }], 'dancing' as never)).rejects.toThrow(/check/);
      expect(
        await one.append(
          jobId,
          [1, 2].map((index) => ({ ...first, index })),
          'keying',
        ),
      ).toBe(true);
      await seen;
      expect(heard).toEqual([[jobId, 3, 3]]);
    });

    it('shows what others announced for as long as it counts', async () => {
      const { one, two } = await pair();
      await one.replicas.announce('here', 60_000);
      expect(await two.replicas.others()).toEqual([{ replica: one.replicas.self, text: 'here' }]);
      expect(await one.replicas.others()).toEqual([]);
      await one.replicas.announce('gone', -1);
      expect(await two.replicas.others()).toEqual([]);
    });

    it('hands a letter over once and keeps nothing of it', async () => {
      const { url, one, two } = await pair();
      const heard = new Promise<void>((done) => two.replicas.listen({ letters: done }));
      await new Promise<void>((ready) => two.replicas.listen({ reconnected: ready }));
      await one.replicas.send(two.replicas.self, 'first');
      await one.replicas.send(two.replicas.self, 'second');
      await one.replicas.send(randomUUID(), 'to nobody');
      await heard;
      expect(await one.replicas.receive()).toEqual([]);
      expect(await two.replicas.receive()).toEqual(['first', 'second']);
      expect(await two.replicas.receive()).toEqual([]);
      await postgres.query(url, "update letters set sent_at = now() - interval '2 minutes'");
      await one.replicas.announce('here', 60_000);
      expect(await postgres.query(url, 'select * from letters')).toEqual([]);
      const [kept] = await postgres.query(
        url,
        "select relpersistence from pg_class where relname = 'letters'",
      );
      expect(kept).toEqual({ relpersistence: 'u' });
    });
  });

  it('is out of reach, said so with a code and without the password, while the server is away', async () => {
    const away = 'postgres://fedrisk:s3cr3t-word@127.0.0.1:1/nothing';
    const error = await openPostgresStore(away).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cr3t');
    await expect(openPostgresStore('postgres://a:s3cr3t@[bad/')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('comes back when its connections were cut', async () => {
    const url = await postgres.newDatabase();
    const store = await postgres.store(url);
    await store.createJob(newJob(jobId));
    const name = new URL(url).pathname.slice(1);
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
    await postgres.query(postgres.url, cut);
    const seen = async (): Promise<number> => {
      try {
        return (await store.readEvents(jobId, 0, 10)).length;
      } catch (error) {
        expect(error).toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
        return seen();
      }
    };
    expect(await seen()).toBe(1);
  });
});
