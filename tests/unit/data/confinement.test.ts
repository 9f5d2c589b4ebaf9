import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTable } from '../../../participant/data/index.js';
import {
  bothFeatures,
  fittingCsv,
  runDuckDb,
  temporaryFolder,
  writeDataset,
  writeDatasetFile,
} from './dataset-home.js';

const folder = temporaryFolder();
let serial = 0;

async function fail(source: object, changes: object = {}): Promise<Error & { code?: string }> {
  await writeFile(join(folder, 'rows.csv'), fittingCsv);
  await writeFile(join(folder, 'private.csv'), fittingCsv);
  const path = await writeDatasetFile(folder, `confined-${++serial}`, { source, ...changes });
  return loadTable(path, bothFeatures).then(
    () => new Error('loaded'),
    (thrown: Error) => thrown,
  );
}

const files = { rows: 'rows.csv' };

describe('a query sees the files named beside it and nothing else', () => {
  it.each([
    ['another file in the same folder', () => `SELECT * FROM read_csv('${join(folder, 'private.csv')}')`],
    [
      'another file beside, by a path with dots',
      () => `SELECT * FROM '${join(folder, 'x', '..', 'private.csv')}'`,
    ],
    ['the system', () => "SELECT * FROM read_text('/etc/hostname')"],
    ['the network', () => "SELECT * FROM read_csv('https://example.com/rows.csv')"],
    ['a folder', () => `SELECT * FROM glob('${folder}/*')`],
    ['another database', () => `SELECT * FROM (ATTACH '${join(folder, 'x.db')}')`],
  ])('not %s', async (_, sql) => {
    expect(await fail({ sql: sql(), files })).toMatchObject({ code: 'DATASET_UNREADABLE' });
  });

  it('not with a filter either', async () => {
    const where = `id IN (SELECT id FROM read_csv('${join(folder, 'private.csv')}'))`;
    expect(await fail({ csv: 'rows.csv' }, { where })).toMatchObject({
      code: 'DATASET_UNREADABLE',
      message: expect.stringContaining('Permission Error'),
    });
  });

  it.each([
    [
      'several statements',
      () => `SELECT 1; COPY (SELECT 1) TO '${join(folder, 'out.csv')}'`,
      'DATASET_INVALID',
    ],
    [
      'closing the bracket',
      () => `SELECT 1); COPY (SELECT 1) TO '${join(folder, 'rows.csv')}' --`,
      'DATASET_UNREADABLE',
    ],
    ['a setting', () => 'SET enable_external_access = true', 'DATASET_UNREADABLE'],
    ['an extension', () => 'INSTALL httpfs', 'DATASET_UNREADABLE'],
  ])('refuses %s', async (_, sql, code) => {
    expect(await fail({ sql: sql(), files })).toMatchObject({ code });
    expect(existsSync(join(folder, 'out.csv'))).toBe(false);
  });

  it('ends at its deadline', async () => {
    const sql = 'SELECT a.id, a.y, b.i AS amount, a.home FROM rows a, range(10000000000) b(i)';
    const path = await writeDatasetFile(folder, `confined-${++serial}`, { source: { sql, files } });
    await expect(loadTable(path, bothFeatures, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'DATASET_UNREADABLE',
      message: expect.stringContaining('not read within 0.3 s'),
    });
  });

  it('ends at its memory limit and spills nothing to disk', async () => {
    const sql =
      'SELECT i AS id, i % 3 = 0 AS y, i AS amount, sha256(i::VARCHAR) AS home FROM range(20000000) t(i)';
    const path = await writeDatasetFile(folder, `confined-${++serial}`, { source: { sql } });
    await expect(loadTable(path, bothFeatures, { memoryMiB: 64 })).rejects.toMatchObject({
      code: 'DATASET_UNREADABLE',
      message: expect.stringContaining('needs more memory than it may use'),
    });
  });
});

describe('messages name columns and rows, never values', () => {
  const secret = 'Zhang-4711';
  it.each([
    ['text in a number column', `id,y,amount,home\n1,0,${secret},a\n2,1,1,a\n3,1,1,a\n4,0,1,a\n`],
    ['a label that is neither', `id,y,amount,home\n1,${secret},1,a\n2,1,1,a\n3,1,1,a\n4,0,1,a\n`],
    ['an id given twice', `id,y,amount,home\n${secret},0,1,a\n${secret},1,1,a\n3,1,1,a\n4,0,1,a\n`],
    ['a ragged line', `id,y,amount,home\n1,0,1,a\n${secret},2\n`],
    ['a quote that does not end', `id,y,amount,home\n1,0,1,"${secret}\n2,1,1,a\n`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`id,y,amount,home\n1,0,1,${secret}`), Buffer.of(0xe9, 10)]),
    ],
  ])('%s', async (_, text) => {
    await writeFile(join(folder, 'secret.csv'), text);
    const path = await writeDatasetFile(folder, `secret-${++serial}`, { source: { csv: 'secret.csv' } });
    const error = await loadTable(path, bothFeatures).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: expect.stringMatching(/^DATASET_/) });
    expect(JSON.stringify([error, (error as Error).message, String((error as Error).cause)])).not.toContain(
      '4711',
    );
  });

  it('a cast inside a query', async () => {
    await runDuckDb(`COPY (SELECT '${secret}' AS v) TO '${join(folder, 'secret.parquet')}' (FORMAT parquet)`);
    const error = await fail(
      { sql: 'SELECT v::INT AS id FROM s', files: { s: 'secret.parquet' } },
      {
        label: { column: 'id', bad: 1 },
        features: {
          Amount: { column: 'other', type: 'number' },
          Home: { column: 'other', type: 'category' },
        },
      },
    );
    expect(error.message).not.toContain('4711');
  });
});

describe('names and values with quotes stay names and values: property', () => {
  it('any column name and any category', async () => {
    const awkward = fc.string({
      unit: fc.constantFrom("'", '"', '\\', ';', '-', ')', '%', 'a', '行', '😀'),
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(awkward, awkward, awkward, async (column, from, to) => {
        const cell = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const { readFile } = await import('node:fs/promises');
        const name = `c${column}`.replaceAll('"', '');
        const text = `id,y,"${name}"\n1,0,${cell(from)}\n2,1,x\n3,1,x\n4,0,${cell(from)}\n`;
        const path = await writeDataset(folder, text, {
          features: { Home: { column: name, type: 'category', map: { [from]: to } } },
        });
        expect(await readFile(path, 'utf8')).toContain('Home');
        const { codes, levels } = (await loadTable(path, { Home: 'category' })).categories.get('Home')!;
        expect([...codes].map((code) => levels[code])).toEqual([to, 'x', 'x', to]);
      }),
      { numRuns: 25 },
    );
  });
});
