import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Column } from '../../../learning/index.js';

/** Fields of a CSV without quotes, by column. */
export function readColumns(file: string): Map<string, string[]> {
  const [header, ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split(/\r?\n/);
  const rows = lines.map((line) => line.split(','));
  return new Map(header!.split(',').map((name, at) => [name, rows.map((row) => row[at]!)]));
}

/** Columns of both sides in the order of the first, joined by id. */
export function joined(one: Map<string, string[]>, two: Map<string, string[]>): Map<string, string[]> {
  const rowOf = new Map(two.get('id')!.map((id, row) => [id, row]));
  const order = one.get('id')!.map((id) => rowOf.get(id)!);
  return new Map([
    ...[...two].map(([name, texts]) => [name, order.map((row) => texts[row]!)] as const),
    ...one,
  ]);
}

export function trainingRows(columns: Map<string, string[]>): Map<string, string[]> {
  const train = columns.get('id')!.map((id) => Number(id) % 5 !== 0);
  return new Map([...columns].map(([name, texts]) => [name, texts.filter((_, row) => train[row])]));
}

export function columnOf(texts: readonly string[], category: boolean): Column {
  if (!category) return Float64Array.from(texts, (text) => (text === '' ? Number.NaN : Number(text)));
  const levels = [...new Set(texts)].filter((text) => text !== '').sort();
  const code = new Map(levels.map((level, index) => [level, index]));
  return { levels, codes: Int32Array.from(texts, (text) => code.get(text) ?? -1) };
}
