import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Table } from '../learning/index.js';

/** A public credit data set as it lies on disk: customers with their id, label and feature texts. */
export interface CreditRows {
  readonly ids: readonly number[];
  readonly label: readonly number[];
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/** Joins bank.csv.gz and platform.csv.gz of a folder by id. The files have no quoted fields. */
export function readCreditRows(folder: string): CreditRows {
  const bank = readColumns(join(folder, 'bank.csv.gz'));
  const platform = readColumns(join(folder, 'platform.csv.gz'));
  const bankIds = bank.get('id')!;
  const rowOfId = new Map(platform.get('id')!.map((id, row) => [id, row]));
  const columns = new Map<string, readonly string[]>();
  for (const [name, values] of bank) if (name !== 'id' && name !== 'y') columns.set(name, values);
  for (const [name, values] of platform) {
    if (name === 'id') continue;
    columns.set(
      name,
      bankIds.map((id) => values[rowOfId.get(id)!]!),
    );
  }
  return { ids: bankIds.map(Number), label: bank.get('y')!.map(Number), columns };
}

/** The customers that `keep` names as one participant's table; test rows are id % 5 == 0. */
export function tableOf(
  rows: CreditRows,
  categories: readonly string[],
  keep: (id: number) => boolean,
): Table {
  const chosen = Array.from(rows.ids.keys()).filter((row) => keep(rows.ids[row]!));
  const numbers = new Map<string, Float64Array>();
  const coded = new Map<string, { codes: Int32Array; levels: string[] }>();
  for (const [name, values] of rows.columns) {
    const own = chosen.map((row) => values[row]!);
    if (categories.includes(name)) {
      const levels = [...new Set(own.filter((value) => value !== ''))].sort();
      coded.set(name, { levels, codes: Int32Array.from(own, (value) => levels.indexOf(value)) });
    } else
      numbers.set(
        name,
        Float64Array.from(own, (value) => (value === '' ? Number.NaN : Number(value))),
      );
  }
  return {
    rows: chosen.length,
    numbers,
    categories: coded,
    label: Uint8Array.from(chosen, (row) => rows.label[row]!),
    test: Uint8Array.from(chosen, (row) => Number(rows.ids[row]! % 5 === 0)),
  };
}

function readColumns(file: string): Map<string, string[]> {
  const [header, ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split(/\r?\n/);
  const columns = new Map(header!.split(',').map((name) => [name, [] as string[]]));
  for (const line of lines) {
    const fields = line.split(',');
    let index = 0;
    for (const values of columns.values()) values.push(fields[index++]!);
  }
  return columns;
}
