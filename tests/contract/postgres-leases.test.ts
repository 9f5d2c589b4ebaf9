import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jobIdOfSpec, specDigest } from '../../contract/index.js';
import { specFor, submittedEvent } from '../support/cast.js';
import { PostgresStage } from '../support/postgres-stage.js';

const postgres = new PostgresStage('leases are');
const leaseMs = 15_000;

describe.runIf(postgres.present)('leases in PostgreSQL', () => {
  beforeAll(() => postgres.start());
  afterEach(() => postgres.tidy());
  afterAll(() => postgres.stop());

  const stage = async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [await postgres.store(url), await postgres.store(url)];
    const create = async (name: string) => {
      const spec = specFor(['bank-a', 'bank-b', 'platform-x'], { name });
      const first = { index: 0, atMs: 1, body: submittedEvent(spec) };
      const job = { jobId: jobIdOfSpec(spec), specDigest: specDigest(spec), submitter: 'ana' };
      await one.createJob({ ...job, idempotencyKey: '', first });
      return job.jobId;
    };
    return { url, one: one.replicas, two: two.replicas, create };
  };

  test('one that is claimed for no time is free at once, and nobody else’s is', async () => {
    const { one, two, create } = await stage();
    const [given, kept] = [await create('given'), await create('kept')];
    await one.claim([given, kept], leaseMs);
    expect(await two.claim([given, kept], leaseMs)).toEqual([]);
    await one.claim([given], 0);
    expect(await two.claim([given, kept], leaseMs)).toEqual([{ jobId: given, token: 2 }]);
    // Said again by who holds it no more, it changes nothing.
    expect(await one.claim([given], 0)).toEqual([]);
    expect(await two.claim([given], leaseMs)).toEqual([{ jobId: given, token: 2 }]);
  });

  test('are taken and renewed while somebody is at storing events of the job', async () => {
    const { url, one, create } = await stage();
    const [slow, other] = [await create('slow'), await create('other')];
    const writer = new pg.Client({ connectionString: url });
    await writer.connect();
    onTestFinished(() => writer.end());
    await writer.query('begin');
    await writer.query("update jobs set next_index = 2, state = 'keying' where job_id = $1", [slow]);
    for (const round of ['taken', 'renewed']) {
      const leases = await one.claim([slow, other], leaseMs);
      expect(leases.map(({ jobId }) => jobId).sort(), round).toEqual([slow, other].sort());
    }
    await writer.query('rollback');
  });
});
