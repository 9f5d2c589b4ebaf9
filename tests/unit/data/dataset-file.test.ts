import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  describeDataset,
  findDataset,
  listDatasets,
  readDatasetFile,
} from '../../../participant/data/index.js';
import { fittingCsv, temporaryFolder, writeDataset } from './dataset-home.js';

const folder = temporaryFolder();

const good = `dataset: loans
source: { csv: loans.csv }
id: id
label: { column: y, bad: 1 }
features:
  Amount: { column: amount, type: number }
`;

async function problems(text: string): Promise<string> {
  const path = join(folder, 'loans.yaml');
  await writeFile(path, text);
  const error = await readDatasetFile(path).then(
    () => undefined,
    (thrown: Error & { code: string }) => thrown,
  );
  expect(error?.code ?? 'DATASET_INVALID').toBe('DATASET_INVALID');
  return (error?.message ?? '').replaceAll(`${path}:`, '');
}

describe('a dataset file', () => {
  it('is complete with source, id, label and features', async () => {
    expect(await problems(good)).toBe('');
  });
  it.each([
    ['an unknown field', good.replace('bad: 1', 'bads: 1'), '4: label.bad: is missing'],
    [
      'two sources',
      good.replace('csv: loans.csv', 'csv: a.csv, parquet: b.parquet'),
      '2: source: must have exactly one of csv, parquet, json, sql, postgres',
    ],
    [
      'an option of another source',
      good.replace('csv: loans.csv', 'parquet: a.parquet, delimiter: ";"'),
      '2: source: delimiter and encoding belong to csv',
    ],
    [
      'the label as a feature',
      good.replace('amount', 'y'),
      '6: features.Amount.column: is the label column: the model would see the answer',
    ],
    ['the id as a feature', good.replace('amount', 'id'), '6: features.Amount.column: is the id column'],
    [
      'an empty range',
      good.replace('type: number', 'type: number, min: 3, max: 2'),
      '6: features.Amount.min: must not be greater than max',
    ],
    [
      'a type that is none',
      good.replace('type: number', 'type: numeric'),
      '6: features.Amount.type: must be one of number, category',
    ],
    [
      'a rest that no number leaves',
      `${good}test: { modulo: 5, equals: 5 }\n`,
      '7: test.equals: must be less than modulo',
    ],
    [
      'a step of normalisation that is none',
      good.replace('id: id', 'id: { column: id, normalise: [nfkc, soundex] }'),
      '3: id.normalise[1]: must be nfkc or trim or lowercase or uppercase or digits-only',
    ],
    [
      'an unknown field of the id',
      good.replace('id: id', 'id: { column: id, normalize: [trim] }'),
      '3: id.normalize: unknown field, did you mean normalise?',
    ],
    ['an id without column', good.replace('id: id', 'id: { normalise: [trim] }'), '3: id.column: is missing'],
    [
      'the id as a feature, however it is written',
      good.replace('amount', 'id').replace('id: id', 'id: { column: id }'),
      '6: features.Amount.column: is the id column',
    ],
    [
      'a URL in the file',
      good.replace('csv: loans.csv', 'postgres: { url: postgres://me:pw@host/db, sql: select 1 }'),
      '2: source.postgres.url: unknown field',
    ],
  ])('refuses %s', async (_, text, problem) => {
    expect(await problems(text)).toContain(problem);
  });
});

describe('what a dataset file may leave out', () => {
  const read = async (text: string) => {
    const path = join(folder, 'loans.yaml');
    await writeFile(path, text);
    return readDatasetFile(path);
  };
  it('the label, and how ids are normalised', async () => {
    const { id, label } = await read(good.replace('label: { column: y, bad: 1 }\n', ''));
    expect([id, label]).toEqual([{ column: 'id', normalise: ['nfkc', 'trim'] }, undefined]);
  });
  it.each([
    ['{ column: key }', ['nfkc', 'trim']],
    ['{ column: key, normalise: [] }', []],
    ['{ column: key, normalise: [digits-only, nfkc] }', ['digits-only', 'nfkc']],
  ])('id: %s', async (written, normalise) => {
    const { id } = await read(good.replace('id: id', `id: ${written}`));
    expect(id).toEqual({ column: 'key', normalise });
  });
});

describe('a folder of datasets', () => {
  it('lists and finds them by name', async () => {
    await writeFile(join(folder, 'loans.yaml'), good);
    await writeFile(join(folder, 'renamed.yaml'), good);
    await writeFile(join(folder, 'notes.txt'), '');
    expect(await listDatasets(folder)).toEqual(['loans', 'renamed']);
    expect(await listDatasets(join(folder, 'nowhere'))).toEqual([]);
    expect((await findDataset(folder, 'loans')).dataset).toBe('loans');
    await expect(findDataset(folder, 'renamed')).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    for (const name of ['laons', '../loans', 'loans.yaml', '']) {
      await expect(findDataset(folder, name)).rejects.toMatchObject({ code: 'DATASET_UNKNOWN' });
    }
  });
});

describe('checkDataset', () => {
  it('counts what a dataset holds', async () => {
    const path = await writeDataset(folder, `${fittingCsv}5,1,40,rent\n`);
    expect(await checkDataset(path)).toMatchObject({
      fits: true,
      rows: 5,
      trainRows: 3,
      testRows: 2,
      splitRule: 'id % 2 == 0',
      badRate: 0.6,
      problems: [],
      features: [
        {
          name: 'Amount',
          type: 'number',
          missing: 1,
          missingShare: 0.2,
          min: 10,
          max: 40,
          mean: 25.125,
          outside: 0,
          unfit: 0,
        },
        {
          name: 'Home',
          type: 'category',
          missing: 1,
          levels: 2,
          top: [
            { level: 'rent', rows: 3 },
            { level: 'own', rows: 1 },
          ],
        },
      ],
    });
  });
  it('lists every problem with its first rows', async () => {
    const text = 'id,y,amount,home\n1,0,x,a\n2,1,200,a\n2,1,5,a\n4,7,,a\n';
    const path = await writeDataset(folder, text, {
      features: {
        Amount: { column: 'amount', type: 'number', max: 100 },
        Home: { column: 'home', type: 'category' },
      },
    });
    const { fits, problems, features } = await checkDataset(path);
    expect(fits).toBe(false);
    expect(problems.map(({ code, feature, rows }) => [code, feature, rows])).toEqual([
      ['DATASET_DUPLICATE_ID', undefined, [2, 3]],
      ['DATASET_TYPE', undefined, [4]],
      ['DATASET_TYPE', 'Amount', [1]],
      ['DATASET_RANGE', 'Amount', [2]],
      ['DATASET_ONE_CLASS', undefined, []],
      ['DATASET_ONE_CLASS', undefined, []],
    ]);
    expect(features[0]).toMatchObject({ missing: 1, unfit: 1, outside: 1, min: 5, max: 200 });
  });
  it('reports a source that cannot be read', async () => {
    const path = await writeDataset(folder, fittingCsv, { source: { csv: 'gone.csv' } });
    expect(await checkDataset(path)).toMatchObject({
      fits: false,
      rows: 0,
      problems: [{ code: 'DATASET_UNREADABLE' }],
    });
  });
});

describe('describeDataset', () => {
  it('names features, their columns and the columns left over', async () => {
    const path = await writeDataset(folder, 'id,y,amount,secret\n', {});
    expect(await describeDataset(path)).toMatchObject({
      features: [
        { name: 'Amount', type: 'number', column: 'amount', sourceType: 'VARCHAR' },
        { name: 'Home', type: 'category', column: 'home', sourceType: undefined },
      ],
      unusedColumns: ['secret'],
    });
  });
});
