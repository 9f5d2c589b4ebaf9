import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Column } from '../learning/index.js';
import type { BenchParty } from './vertical-federation.js';

/** Columns of lendingclub that are a score of the platform's own. */
export const pricing = new Set(['int_rate', 'sub_grade']);
/** Public sets with a bank's and a platform's part. */
const creditSets = ['credit_data', 'default_credit', 'lendingclub'] as const;

/** The sets that a directory holds; others are said to be skipped. */
export function* foundSets(data: string | undefined) {
  for (const set of creditSets) {
    const folder = join(data ?? '', set);
    if (data !== undefined && existsSync(folder)) yield { set, folder };
    else console.log(`${set}: skipped; give a directory with ${set}/{bank,platform}.csv.gz as argument`);
  }
}

/** A side of a set as a party of a federation, with the kinds of its features. */
export function partyFrom(folder: string, role: BenchParty['role']) {
  const file = join(folder, `${role}.csv.gz`);
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split(/\r?\n/);
  const names = header.split(',');
  const features = Object.fromEntries(
    names.flatMap((name, at) => {
      if (name === 'id' || name === 'y' || pricing.has(name)) return [];
      const column = columnOf(lines.map((line) => line.split(',')[at]!));
      return [[name, column instanceof Float64Array ? ('number' as const) : ('category' as const)]];
    }),
  );
  const dataset = (datasets: string) => {
    copyFileSync(file, join(datasets, 'bench.csv.gz'));
    return Object.entries(features)
      .map(([name, type]) => `  ${name}: { column: ${name}, type: ${type} }\n`)
      .join('');
  };
  return { name: role, role, dataset, features };
}

/** A column is a number when every value is one, or missing. */
export function columnOf(texts: readonly string[]): Column {
  const missing = (text: string) => text === '' || text === 'NA';
  if (texts.every((text) => missing(text) || Number.isFinite(Number(text)))) {
    return Float64Array.from(texts, (text) => (missing(text) ? Number.NaN : Number(text)));
  }
  const levels = [...new Set(texts.filter((text) => !missing(text)))].sort();
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  return { levels, codes: Int32Array.from(texts, (text) => codeOf.get(text) ?? -1) };
}

export function chosen(column: Column, rows: readonly number[]): Column {
  if (column instanceof Float64Array) return Float64Array.from(rows, (row) => column[row]!);
  return { levels: column.levels, codes: Int32Array.from(rows, (row) => column.codes[row]!) };
}
