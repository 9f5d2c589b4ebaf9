import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDataset, describeDataset, loadTable, loadVertical } from '../../../participant/data/index.js';
import { codedAsync } from '../../support/coded.js';
import {
  bothFeatures,
  fittingCsv,
  runDuckDb,
  temporaryFolder,
  writeDataset,
  writeDatasetFile,
} from './dataset-home.js';

const folder = temporaryFolder();
const unlabelled = { label: undefined, test: undefined };
const features = { label: false };
const platform = 'id,amount,home\n  b-2 ,20,own\nｃ－３,30,rent\nA-1,10,\n';

describe('rows of a feature holder', () => {
  it('need no label; ids are the text of the source, in the order of the rows', async () => {
    const path = await writeDataset(folder, platform, unlabelled);
    const { rows, ids, numbers, categories, sourceRow, normalise, label, test } = await loadVertical(
      path,
      bothFeatures,
      features,
    );
    expect([rows, label, test]).toEqual([3, undefined, undefined]);
    // By id without blanks, in code units: A-1, b-2, then full-width letters.
    expect(ids).toEqual(['A-1', '  b-2 ', 'ｃ－３']);
    expect([...sourceRow]).toEqual([3, 1, 2]);
    expect([...numbers.get('Amount')!]).toEqual([10, 20, 30]);
    expect(categories.get('Home')).toEqual({ codes: Int32Array.of(-1, 0, 1), levels: ['own', 'rent'] });
    expect(normalise).toEqual(['nfkc', 'trim']);
  });

  it('take part in no horizontal job', async () => {
    const path = await writeDataset(folder, platform, unlabelled);
    expect(await codedAsync(loadTable(path, bothFeatures))).toBe('DATASET_LABEL_MISSING');
    expect(await codedAsync(loadVertical(path, bothFeatures, { label: true }))).toBe('DATASET_LABEL_MISSING');
  });

  it('are read without label even where the file has one, and the label is broken', async () => {
    const text = 'id,y,amount,home\n1,?,10,rent\n2,?,20,own\n';
    const { rows } = await loadVertical(await writeDataset(folder, text), bothFeatures, features);
    expect(rows).toBe(2);
  });

  it('may be ids alone, before a model says which features it needs', async () => {
    const path = await writeDataset(folder, platform, unlabelled);
    const { rows, ids, numbers, categories } = await loadVertical(path, undefined, features);
    expect([rows, ids.length, numbers.size, categories.size]).toEqual([3, 3, 0, 0]);
  });

  it('do not depend on the order of the source: property', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `K${(i * 17) % 31},${i},${'ab'[i % 2]}`);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
        const path = await writeDataset(folder, `id,amount,home\n${shuffled.join('\n')}\n`, unlabelled);
        const { ids, numbers } = await loadVertical(path, bothFeatures, features);
        seen.add(JSON.stringify([ids, [...numbers.get('Amount')!]]));
      }),
      { numRuns: 6 },
    );
    expect(seen.size).toBe(1);
  });

  it('have whole-number ids without a decimal point, whatever the source made of them', async () => {
    await runDuckDb(
      `COPY (SELECT * FROM (VALUES (7.0::DOUBLE, 1.0), (12.0, 2.0)) AS t(id, amount)) TO '${folder}/double.parquet'`,
    );
    const path = await writeDatasetFile(folder, 'double', {
      ...unlabelled,
      source: { parquet: 'double.parquet' },
      features: { Amount: { column: 'amount', type: 'number' } },
    });
    expect((await loadVertical(path, { Amount: 'number' }, features)).ids).toEqual(['7', '12']);
  });
});

describe('rows of the label holder', () => {
  it('come with label and split', async () => {
    const { label, test, ids } = await loadVertical(await writeDataset(folder, fittingCsv), bothFeatures, {
      label: true,
    });
    expect([[...label!], [...test!], ids]).toEqual([
      [0, 1, 1, 0],
      [0, 1, 0, 1],
      ['1', '2', '3', '4'],
    ]);
  });

  it('must hold both classes in training, and where the job measures also among held-out rows', async () => {
    const oneClassHeldOut = await writeDataset(folder, fittingCsv.replace('4,0,', '4,1,'));
    expect((await loadVertical(oneClassHeldOut, undefined, { label: true })).rows).toBe(4);
    expect(await codedAsync(loadVertical(oneClassHeldOut, undefined, { label: true, heldOut: true }))).toBe(
      'DATASET_ONE_CLASS',
    );
    const oneClass = await writeDataset(folder, fittingCsv.replace('1,0,', '1,1,'));
    expect(await codedAsync(loadVertical(oneClass, undefined, { label: true }))).toBe('DATASET_ONE_CLASS');
  });
});

describe('digests of ids', () => {
  it('are SHA-256 of the text that the declared steps leave, by row', async () => {
    const path = await writeDataset(folder, platform, {
      ...unlabelled,
      id: { column: 'id', normalise: ['nfkc', 'trim', 'uppercase'] },
    });
    const { idSet } = await loadVertical(path, undefined, features);
    const expected = ['A-1', 'B-2', 'C-3'].map((id) => createHash('sha256').update(id).digest());
    expect(Buffer.from(idSet.digests)).toEqual(Buffer.concat(expected));
  });
});

describe('ids', () => {
  const withIds = (ids: string[], id: unknown = 'id') =>
    writeDataset(folder, `id,amount,home\n${ids.map((each) => `"${each}",1,a`).join('\n')}\n`, {
      ...unlabelled,
      id,
    });
  const problem = async (path: string) =>
    loadVertical(path, undefined, features).then(
      () => '',
      ({ code, message }: Error & { code: string }) => `${code} ${message}`,
    );

  it.each([
    [['A1', 'B2', 'Ａ１'], 'id', 'DATASET_DUPLICATE_ID', 'the same id in rows 1 and 3'],
    [
      ['A1', 'B2', 'a1 '],
      { column: 'id', normalise: ['trim', 'lowercase'] },
      'DATASET_DUPLICATE_ID',
      '1 and 3',
    ],
    [
      ['x', 'tel 5', '(5)'],
      { column: 'id', normalise: ['digits-only'] },
      'DATASET_ID_EMPTY',
      'nothing in 1 rows; first in row 1',
    ],
    [['1', '', '3', '  '], 'id', 'DATASET_ID_EMPTY', 'nothing in 2 rows; first in row 2, 4'],
    [['1', '\u3000', '3'], 'id', 'DATASET_ID_EMPTY', 'row 2'],
  ])('%j under %j: %s', async (ids, id, code, detail) => {
    const found = await problem(await withIds(ids, id));
    expect(found).toContain(code);
    expect(found).toContain(detail);
    // Row numbers lead to them; the ids themselves stay out of messages.
    for (const each of ids.filter((text) => text.trim().length > 1)) expect(found).not.toContain(each);
  });

  it('that only a declared step makes equal are different without it', async () => {
    expect(await problem(await withIds(['A1', 'a1']))).toBe('');
    expect(await problem(await withIds(['A1', 'A1 '], { column: 'id', normalise: [] }))).toBe('');
    expect(await problem(await withIds(['A1', 'A1 '], { column: 'id' }))).toContain('DATASET_DUPLICATE_ID');
  });

  it('that no filter keeps do not count', async () => {
    const path = await writeDataset(folder, platform.replace('A-1', 'b-2'), {
      ...unlabelled,
      where: "amount <> '10'",
    });
    expect(await problem(path)).toBe('');
  });

  it('of very many rows name a few', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `k${i % 10}`);
    expect(await problem(await withIds(ids))).toContain(
      'rows 1 and 11, 2 and 12, 3 and 13, 4 and 14, 5 and 15, 30 such rows in all',
    );
  });
});

describe('a dataset without label', () => {
  it('is checked like any other: rows, features, id normalisation', async () => {
    const path = await writeDataset(folder, platform, {
      ...unlabelled,
      id: { column: 'id', normalise: ['nfkc', 'trim', 'uppercase'] },
    });
    expect(await checkDataset(path)).toMatchObject({
      fits: true,
      labelled: false,
      id: { column: 'id', normalise: ['nfkc', 'trim', 'uppercase'] },
      rows: 3,
      testRows: 0,
      features: [{ name: 'Amount' }, { name: 'Home', missing: 1 }],
    });
    expect((await describeDataset(path)).unusedColumns).toEqual([]);
  });

  it('with ids that name a customer twice is said not to fit', async () => {
    const path = await writeDataset(folder, platform.replace('A-1', '　b-2'), unlabelled);
    expect(await checkDataset(path)).toMatchObject({
      fits: false,
      problems: [{ code: 'DATASET_DUPLICATE_ID', rows: [1, 3] }],
    });
  });
});
