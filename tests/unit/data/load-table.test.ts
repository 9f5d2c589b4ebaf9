import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetDigest, loadTable } from '../../../participant/data/index.js';
import {
  bothFeatures,
  fittingCsv,
  runDuckDb,
  temporaryFolder,
  writeDataset,
  writeDatasetFile,
} from './dataset-home.js';

const folder = temporaryFolder();
const csv = (lines: string[]) => `id,y,amount,home\n${lines.join('\n')}\n`;
const amount = (path: string) =>
  loadTable(path, { Amount: 'number' }).then((table) => [...table.numbers.get('Amount')!]);
const home = async (path: string) => {
  const { codes, levels } = (await loadTable(path, { Home: 'category' })).categories.get('Home')!;
  return [...codes].map((code) => (code < 0 ? null : levels[code]));
};

describe('a CSV under logical names', () => {
  it('has one column per feature, ordered by id', async () => {
    const table = await loadTable(await writeDataset(folder, fittingCsv), bothFeatures);
    expect(table.rows).toBe(4);
    expect([...table.numbers.get('Amount')!]).toEqual([10, 20, 30.5, Number.NaN]);
    expect(table.categories.get('Home')).toEqual({
      codes: Int32Array.of(1, 0, 1, -1),
      levels: ['own', 'rent'],
    });
    expect([...table.label]).toEqual([0, 1, 1, 0]);
    expect([...table.test]).toEqual([0, 1, 0, 1]);
  });

  it('holds only the features that the job names', async () => {
    const table = await loadTable(await writeDataset(folder, fittingCsv), { Amount: 'number' });
    expect([...table.numbers.keys(), ...table.categories.keys()]).toEqual(['Amount']);
  });

  it('is the same whatever the order of rows: property', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i * 7 - 50},${i % 3 === 0 ? 1 : 0},${i / 4},${'abc'[i % 3]}`,
    );
    const digests = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), async (shuffled) => {
        const path = await writeDataset(folder, csv(shuffled));
        digests.add(datasetDigest('x', await loadTable(path, bothFeatures)));
      }),
      { numRuns: 8 },
    );
    expect(digests.size).toBe(1);
  });
});

describe('missing values', () => {
  const lines = ['1,0,-999,NA', '2,1,-999.0, ', '3,1, 7 ,own', '4,0,nan,-999'];
  it('are empty cells, NaN and what the lists say', async () => {
    const path = await writeDataset(folder, csv(lines), { missing: ['NA', -999] });
    expect(await amount(path)).toEqual([Number.NaN, Number.NaN, 7, Number.NaN]);
    expect(await home(path)).toEqual([null, null, 'own', null]);
  });
  it('of one feature stay with it', async () => {
    const features = {
      Amount: { column: 'amount', type: 'number', missing: ['-999'] },
      Home: { column: 'home', type: 'category' },
    };
    const path = await writeDataset(folder, csv(lines), { features });
    expect(await amount(path)).toEqual([Number.NaN, Number.NaN, 7, Number.NaN]);
    expect(await home(path)).toEqual(['NA', null, 'own', '-999']);
  });
});

describe('category mapping', () => {
  const lines = ['1,0,1,RENT', '2,1,1,EIGEN', '3,1,1,tent', "4,0,1,it's"];
  const mapped = (other: string) => ({
    features: {
      Home: {
        column: 'home',
        type: 'category',
        map: { RENT: 'rent', EIGEN: 'own', "it's": "own 'ish" },
        other,
      },
    },
  });
  it('keeps other values', async () => {
    const path = await writeDataset(folder, csv(lines), mapped('keep'));
    expect(await home(path)).toEqual(['rent', 'own', 'tent', "own 'ish"]);
  });
  it('or takes them as missing', async () => {
    const path = await writeDataset(folder, csv(lines), mapped('missing'));
    expect(await home(path)).toEqual(['rent', 'own', null, "own 'ish"]);
  });
  it('refuses an id as a category', async () => {
    const many = Array.from({ length: 1002 }, (_, i) => `${i},${i % 3 === 0 ? 1 : 0},1,level${i}`);
    await expect(home(await writeDataset(folder, csv(many)))).rejects.toMatchObject({ code: 'DATASET_TYPE' });
  });
});

describe('values outside the contract range', () => {
  const lines = ['1,0,-5,a', '2,1,0,a', '3,1,10,a', '4,0,11,a'];
  const ranged = (outside: string) => ({
    features: { Amount: { column: 'amount', type: 'number', min: 0, max: 10, outside } },
  });
  it.each([
    ['clip', [0, 0, 10, 10]],
    ['missing', [Number.NaN, 0, 10, Number.NaN]],
  ])('%s', async (outside, expected) => {
    expect(await amount(await writeDataset(folder, csv(lines), ranged(outside)))).toEqual(expected);
  });
  it('refuse', async () => {
    await expect(amount(await writeDataset(folder, csv(lines), ranged('refuse')))).rejects.toMatchObject({
      code: 'DATASET_RANGE',
      message: expect.stringContaining(
        'feature Amount (column amount): 2 values lie outside 0 to 10; first in row 1, 4',
      ),
    });
  });
});

describe('labels', () => {
  const labelled = async (labels: string[], label: object) => {
    const lines = labels.map((value, i) => `${i + 1},${value},1,a`);
    return [
      ...(
        await loadTable(
          await writeDataset(folder, csv(lines), { label: { column: 'y', ...label } }),
          bothFeatures,
        )
      ).label,
    ];
  };
  it.each([
    ['a number, however written', ['1', '1.0', '0', '0.0'], { bad: 1, good: 0 }, [1, 1, 0, 0]],
    ['words', ['late', 'default', 'paid', 'paid'], { bad: ['late', 'default'], good: 'paid' }, [1, 1, 0, 0]],
    ['everything that is not bad', ['late', 'late', 'paid', 'refunded'], { bad: 'late' }, [1, 1, 0, 0]],
    ['booleans', ['true', 'true', 'false', 'false'], { bad: true, good: false }, [1, 1, 0, 0]],
  ])('%s', async (_, labels, label, expected) => {
    expect(await labelled(labels, label)).toEqual(expected);
  });
  it('refuses a value that is neither', async () => {
    await expect(labelled(['1', '0', '2', '0', '1'], { bad: 1, good: 0 })).rejects.toMatchObject({
      code: 'DATASET_TYPE',
      message: expect.stringContaining('label column y: 1 values are neither bad nor good; first in row 3'),
    });
  });
  it('refuses a missing one', async () => {
    await expect(labelled(['1', '0', '', '0', '1'], { bad: 1 })).rejects.toMatchObject({
      code: 'DATASET_TYPE',
    });
  });
});

describe('held-out rows', () => {
  const rows = (ids: string[]) => csv(ids.map((id, i) => `${id},${Math.floor(i / 2) % 2},1,a`));
  it('by whole-number id, also below zero', async () => {
    const path = await writeDataset(folder, rows(['-4', '-3', '-2', '-1', '0', '1', '2', '3']), {
      test: { modulo: 3, equals: 1 },
    });
    expect([...(await loadTable(path, bothFeatures)).test]).toEqual([0, 0, 1, 0, 0, 1, 0, 0]);
  });
  it('by SHA-256 of an id that is no number', async () => {
    const { createHash } = await import('node:crypto');
    const ids = Array.from({ length: 60 }, (_, i) => `customer ${String(i).padStart(2, '0')}`);
    const path = await writeDataset(folder, rows(ids), { test: { modulo: 5, equals: 2 } });
    const expected = ids.map((id) => {
      const first48Bits = createHash('sha256').update(id).digest().readUIntBE(0, 6);
      return first48Bits % 5 === 2 ? 1 : 0;
    });
    expect([...(await loadTable(path, bothFeatures)).test]).toEqual(expected);
  });
  it('by a column', async () => {
    const text = 'id,y,amount,home,held\n1,0,1,a,true\n2,1,1,a,1\n3,0,1,a,false\n4,1,1,a,0\n';
    const path = await writeDataset(folder, text, { test: { column: 'held' } });
    expect([...(await loadTable(path, bothFeatures)).test]).toEqual([1, 1, 0, 0]);
  });
  it('refuses a split column with anything else', async () => {
    const text = 'id,y,amount,home,held\n1,0,1,a,true\n2,1,1,a,\n3,0,1,a,false\n4,1,1,a,0\n';
    const path = await writeDataset(folder, text, { test: { column: 'held' } });
    await expect(loadTable(path, bothFeatures)).rejects.toMatchObject({ code: 'DATASET_TYPE' });
  });
});

describe('what does not fit', () => {
  it.each([
    [
      'text in a number column, first rows named',
      csv(['1,0,ten,a', '2,1,1_000,a', '3,1,3,a', '4,0,inf,a']),
      {},
      'DATASET_TYPE',
      'feature Amount (column amount): 3 values are no numbers; first in row 1, 2, 4',
    ],
    [
      'the same id twice',
      csv(['1,0,1,a', '2,1,1,a', '1,1,1,a', '4,0,1,a']),
      {},
      'DATASET_DUPLICATE_ID',
      'the same id in rows 1 and 3',
    ],
    [
      'a row without id',
      csv(['1,0,1,a', ',1,1,a', '3,1,1,a', '4,0,1,a']),
      {},
      'DATASET_TYPE',
      'missing in row 2',
    ],
    ['no row at all', csv([]), {}, 'DATASET_EMPTY', 'no row'],
    ['a filter that drops all', fittingCsv, { where: 'id::INT > 100' }, 'DATASET_EMPTY', 'no row'],
    ['nothing held out', csv(['1,0,1,a', '3,1,1,a']), {}, 'DATASET_EMPTY', 'there are no held-out rows'],
    ['nothing to train on', csv(['2,0,1,a', '4,1,1,a']), {}, 'DATASET_EMPTY', 'there are no training rows'],
    [
      'one class in training',
      csv(['1,0,1,a', '2,1,1,a', '3,0,1,a', '4,0,1,a']),
      {},
      'DATASET_ONE_CLASS',
      'all training rows are good',
    ],
    [
      'one class held out',
      csv(['1,0,1,a', '2,1,1,a', '3,1,1,a', '4,1,1,a']),
      {},
      'DATASET_ONE_CLASS',
      'all held-out rows (id % 2 == 0) are bad',
    ],
    [
      'a column that is not there',
      fittingCsv.replace('amount', 'amuont'),
      {},
      'DATASET_COLUMN_MISSING',
      'feature Amount: the source has no column amount, did you mean amuont?',
    ],
    [
      'another delimiter than the file says',
      fittingCsv.replaceAll(',', ';'),
      {},
      'DATASET_COLUMN_MISSING',
      'is source.delimiter ";"?',
    ],
    ['a ragged line', `${fittingCsv}5,1\n`, {}, 'DATASET_UNREADABLE', 'line 6 of the CSV file'],
    [
      'no such file',
      fittingCsv,
      { source: { csv: 'nowhere.csv' } },
      'DATASET_UNREADABLE',
      /^dataset set-\d+: the file nowhere\.csv is not there$/,
    ],
    [
      'one of several files is not there',
      fittingCsv,
      { source: { sql: 'SELECT * FROM a', files: { a: 'below/nowhere.parquet' } } },
      'DATASET_UNREADABLE',
      /^dataset set-\d+: the file nowhere\.parquet is not there$/,
    ],
    [
      'a folder where a file should be',
      fittingCsv,
      { source: { csv: '.' } },
      'DATASET_UNREADABLE',
      /the file \. is no file$/,
    ],
  ])('%s', async (_, text, changes, code, message) => {
    const path = await writeDataset(folder, text, changes);
    await expect(loadTable(path, bothFeatures)).rejects.toMatchObject({
      code,
      message:
        typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    });
  });
  it('a feature that the dataset file does not have', async () => {
    const path = await writeDataset(folder, fittingCsv);
    await expect(loadTable(path, { Amuont: 'number' })).rejects.toMatchObject({
      code: 'DATASET_COLUMN_MISSING',
      message: expect.stringContaining('Amuont (is Amount meant?)'),
    });
  });
  it('a feature of the other type', async () => {
    const path = await writeDataset(folder, fittingCsv);
    await expect(loadTable(path, { Amount: 'category' })).rejects.toMatchObject({ code: 'DATASET_TYPE' });
  });
  it('row numbers are those of the source, not of the filtered rows', async () => {
    const path = await writeDataset(folder, csv(['9,0,1,a', '2,1,1,a', '3,1,x,a', '4,0,1,a', '5,0,1,a']), {
      where: 'id::INT < 9',
    });
    await expect(loadTable(path, bothFeatures)).rejects.toMatchObject({
      message: expect.stringContaining('first in row 3'),
    });
  });
});

describe('one table from every kind of source', () => {
  it('CSV, gzip, another delimiter, Parquet, JSON, SQL', async () => {
    await writeFile(join(folder, 'plain.csv'), fittingCsv);
    await writeFile(join(folder, 'packed.csv.gz'), gzipSync(fittingCsv));
    await writeFile(join(folder, 'semicolon.csv'), fittingCsv.replaceAll(',', ';'));
    const typed = `SELECT id, y = 1 AS y, amount::DOUBLE AS amount, home FROM read_csv('${join(folder, 'plain.csv')}')`;
    await runDuckDb(`COPY (${typed}) TO '${join(folder, 'typed.parquet')}' (FORMAT parquet)`);
    await runDuckDb(`COPY (${typed}) TO '${join(folder, 'typed.json')}' (FORMAT json)`);
    const label = { column: 'y', bad: [1, true], good: [0, false] };
    const sources = {
      plain: { csv: 'plain.csv' },
      packed: { csv: 'packed.csv.gz' },
      semicolon: { csv: 'semicolon.csv', delimiter: ';' },
      parquet: { parquet: 'typed.parquet' },
      pattern: { parquet: 'typed*.parquet' },
      json: { json: 'typed.json' },
      sql: {
        sql: 'SELECT a.id, b.y, a.amount, b.home FROM rows a JOIN others b USING (id) -- joined\n;',
        files: { rows: 'typed.parquet', others: 'packed.csv.gz' },
      },
    };
    const digests = new Map<string, string>();
    for (const [name, source] of Object.entries(sources)) {
      const path = await writeDatasetFile(folder, name, { source, label });
      digests.set(name, datasetDigest('x', await loadTable(path, bothFeatures)));
    }
    expect([...new Set(digests.values())], JSON.stringify([...digests])).toHaveLength(1);
  });
});

describe('datasetDigest', () => {
  it('differs when any cell, label, split or name does', async () => {
    const variants = [
      fittingCsv,
      fittingCsv.replace('30.5', '30.6'),
      fittingCsv.replace('3,1,', '3,0,').replace('1,0,', '1,1,'),
      fittingCsv.replace('own', 'owned'),
    ];
    const digests = [];
    for (const text of variants)
      digests.push(datasetDigest('x', await loadTable(await writeDataset(folder, text), bothFeatures)));
    const first = await loadTable(await writeDataset(folder, fittingCsv), bothFeatures);
    digests.push(
      datasetDigest('y', first),
      datasetDigest('x', { ...first, test: first.test.map((part) => 1 - part) }),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });
});
