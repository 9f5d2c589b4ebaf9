import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let count = 0;

/** Writes a CSV source and a dataset file over it (`changes` replace its fields); gives the path of the latter. */
export async function writeDataset(folder: string, csv: string, changes: object = {}): Promise<string> {
  const name = `set-${++count}`;
  await writeFile(join(folder, `${name}.csv`), csv);
  return writeDatasetFile(folder, name, { source: { csv: `${name}.csv` }, ...changes });
}

export async function writeDatasetFile(folder: string, name: string, changes: object): Promise<string> {
  const file = {
    dataset: name,
    id: 'id',
    label: { column: 'y', bad: 1, good: 0 },
    test: { modulo: 2, equals: 0 },
    features: { Amount: { column: 'amount', type: 'number' }, Home: { column: 'home', type: 'category' } },
    ...changes,
  };
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, stringify(file));
  return path;
}

export const bothFeatures = { Amount: 'number', Home: 'category' } as const;

/** Four rows that fit: two train, two held out, both classes in both. */
export const fittingCsv = 'id,y,amount,home\n1,0,10,rent\n2,1,20,own\n3,1,30.5,rent\n4,0,,\n';

/** Runs SQL in a DuckDB of the test's own, to write sources of other formats. */
export async function runDuckDb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}
