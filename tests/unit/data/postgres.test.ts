import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset, datasetDigest, describeDataset, loadTable } from '../../../participant/data/index.js';
import {
  findPostgres,
  freePort,
  type PostgresServer,
  startPostgres,
} from '../../support/postgres-cluster.js';
import { bothFeatures, fittingCsv, temporaryFolder, writeDataset, writeDatasetFile } from './dataset-home.js';

const folder = temporaryFolder();
const found = findPostgres();
const missing = 'missing' in found ? found.missing : undefined;
let serial = 0;

async function postgresDataset(sql: string, changes: object = {}): Promise<string> {
  const source = { postgres: { urlEnv: 'LOANS_PG_URL', sql, timeoutSeconds: 1 } };
  return writeDatasetFile(folder, `pg-${++serial}`, { source, ...changes });
}

describe.skipIf(missing !== undefined)(
  `a real PostgreSQL server${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let server: PostgresServer;
    const env = () => server.url;

    beforeAll(async () => {
      server = await startPostgres((found as { bin: string }).bin);
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('CREATE TABLE loans (id bigint, y boolean, amount numeric(10,2), home text)');
      await client.query(
        "INSERT INTO loans VALUES (3,true,30.5,'rent'),(1,false,10,'rent'),(4,false,NULL,NULL),(2,true,20,'own')",
      );
      await client.query(
        "CREATE TABLE many AS SELECT i AS id, i / 2 % 2 AS y, i * 0.25 AS amount, 'level ' || i % 7 AS home FROM generate_series(1, 10000) i",
      );
      await client.end();
    });
    afterAll(() => server?.stop());

    it('gives the same table as a CSV', async () => {
      const fromCsv = await loadTable(await writeDataset(folder, fittingCsv), bothFeatures);
      const path = await postgresDataset('SELECT * FROM loans;', {
        label: { column: 'y', bad: true, good: false },
      });
      const fromPostgres = await loadTable(path, bothFeatures, { env });
      expect(datasetDigest('x', fromPostgres)).toBe(datasetDigest('x', fromCsv));
    });

    it('fetches more rows than one batch holds', async () => {
      const table = await loadTable(await postgresDataset('SELECT * FROM many'), bothFeatures, { env });
      expect(table.rows).toBe(10_000);
      expect(table.numbers.get('Amount')!.every((amount, i) => amount === (i + 1) * 0.25)).toBe(true);
      const { codes, levels } = table.categories.get('Home')!;
      expect(codes.every((code, i) => levels[code] === `level ${(i + 1) % 7}`)).toBe(true);
    });

    it('is described without fetching a row', async () => {
      // Fetching the first row would divide by zero.
      const path = await postgresDataset('SELECT id, y, 1 / (id - 1) AS amount, home FROM many');
      const { features } = await describeDataset(path, { env });
      expect(features.map(({ name, sourceType }) => [name, sourceType])).toEqual([
        ['Amount', 'VARCHAR'],
        ['Home', 'VARCHAR'],
      ]);
      await expect(loadTable(path, bothFeatures, { env })).rejects.toMatchObject({
        code: 'DATASET_UNREADABLE',
        message: 'PostgreSQL: the query failed (SQLSTATE 22012)',
      });
    });

    it.each([
      ['writes', 'DELETE FROM loans RETURNING *'],
      ['calls what writes', "SELECT id, y, amount, home FROM loans, (SELECT nextval('numbers')) n"],
      ['several statements', 'SELECT * FROM loans; DROP TABLE loans'],
    ])('refuses %s', async (_, sql) => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('CREATE SEQUENCE IF NOT EXISTS numbers');
      await expect(loadTable(await postgresDataset(sql), bothFeatures, { env })).rejects.toMatchObject({
        code: 'DATASET_UNREADABLE',
      });
      expect((await client.query('SELECT count(*)::int AS rows FROM loans')).rows).toEqual([{ rows: 4 }]);
      await client.end();
    });

    it('stops a query at its deadline on the server', async () => {
      const path = await postgresDataset('SELECT *, pg_sleep(100) FROM loans');
      await expect(loadTable(path, bothFeatures, { env })).rejects.toMatchObject({
        code: 'DATASET_UNREADABLE',
        message: 'PostgreSQL: the query took longer than timeoutSeconds',
      });
    });

    it('quotes no value of a row in an error', async () => {
      const path = await postgresDataset('SELECT id, y, home::int AS amount, home FROM loans');
      await expect(loadTable(path, bothFeatures, { env })).rejects.toMatchObject({
        message: 'PostgreSQL: the query failed (SQLSTATE 22P02)',
      });
    });

    it('names what the query gets wrong', async () => {
      const report = await checkDataset(await postgresDataset('SELECT * FROM laons'), { env });
      expect(report.problems).toEqual([
        {
          code: 'DATASET_UNREADABLE',
          detail: 'PostgreSQL: relation "laons" does not exist (42P01)',
          rows: [],
        },
      ]);
    });
  },
);

describe('without a server', () => {
  const load = async (env: (name: string) => string | undefined) =>
    loadTable(await postgresDataset('SELECT 1'), bothFeatures, { env });

  it('says which environment variable is not set', async () => {
    await expect(load(() => undefined)).rejects.toMatchObject({
      code: 'DATASET_UNREADABLE',
      message: 'environment variable LOANS_PG_URL is not set',
    });
  });
  it('keeps the password of an unusable URL to itself', async () => {
    const { message } = await load(() => 'postgres://owner:hunter2@[bad').then(
      () => new Error('loaded'),
      (thrown: Error) => thrown,
    );
    expect(message).toMatch(/LOANS_PG_URL|no connection/);
    expect(message).not.toContain('hunter2');
  });
  it('says that nobody answers', async () => {
    const port = await freePort();
    await expect(load(() => `postgres://owner@127.0.0.1:${port}/x`)).rejects.toMatchObject({
      code: 'DATASET_UNREADABLE',
      message: 'PostgreSQL: no connection (ECONNREFUSED)',
    });
  });
  describe('when the peer accepts and says nothing', () => {
    let silent: Server;
    afterAll(() => silent.close());
    it('gives up', async () => {
      silent = createServer((socket) => socket.on('error', () => undefined));
      const port = await new Promise<number>((resolve) => {
        silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
      });
      await expect(load(() => `postgres://owner@127.0.0.1:${port}/x`)).rejects.toMatchObject({
        code: 'DATASET_UNREADABLE',
        message: 'PostgreSQL: no connection (timeout)',
      });
    });
  });
});
