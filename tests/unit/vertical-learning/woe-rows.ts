import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { FeatureColumns } from '../../../learning/index.js';

/** One party's WOE columns, split like the reference results: test rows have id % 5 = 0. */
export interface PartyRows {
  readonly train: FeatureColumns;
  readonly test: FeatureColumns;
}

export interface WoeRows {
  readonly bank: PartyRows;
  readonly platform: PartyRows;
  readonly trainLabels: Uint8Array;
  readonly testLabels: Uint8Array;
}

const bundled = new URL('../../../examples/credit/credit.csv.gz', import.meta.url);
const bankFeatures = ['Records', 'Amount', 'Price', 'Time', 'Debt', 'Assets', 'Expenses'];
const platformFeatures = ['Seniority', 'Home', 'Age', 'Marital', 'Job', 'Income'];

export function creditRows(): WoeRows {
  const rows = csv(bundled);
  return woeRows(rows, bankFeatures, platformFeatures, rows);
}

/** Data sets that are too large or not licensed to be bundled; undefined on machines without them. */
export function sharedRows(name: string, leftOut: readonly string[] = []): WoeRows | undefined {
  const folder = new URL(`../../../../shared/data/${name}/`, import.meta.url);
  if (!existsSync(folder)) return undefined;
  const [bank, platform] = ['bank', 'platform'].map((side) => csv(new URL(`${side}.csv.gz`, folder)));
  const features = (rows: Csv) =>
    rows.header.filter((column) => column !== 'id' && column !== 'y' && !leftOut.includes(column));
  return woeRows(bank!, features(bank!), features(platform!), platform!);
}

/** AUC and KS of scikit-learn's logistic regression on WOE columns of the same rows. */
export function baseline(
  name: string,
  side: 'guest_only' | 'joint',
): { auc: number; ks: number } | undefined {
  const file = new URL(`../../../../shared/oracles/${name}.baseline.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).models[side].lr_woe : undefined;
}

interface Csv {
  readonly header: string[];
  readonly rows: string[][];
}

function csv(file: URL): Csv {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return { header: header.split(','), rows: lines.map((line) => line.split(',')) };
}

function woeRows(bank: Csv, ofBank: string[], ofPlatform: string[], platform: Csv): WoeRows {
  const byId = new Map(platform.rows.map((row) => [row[0]!, row]));
  const train = bank.rows.map(([id]) => Number(id) % 5 !== 0);
  const labels = Uint8Array.from(bank.rows, (row) => Number(row[1]));
  const joined: Csv = { header: platform.header, rows: bank.rows.map(([id]) => byId.get(id!)!) };
  return {
    bank: party(bank, ofBank, train, labels),
    platform: party(joined, ofPlatform, train, labels),
    trainLabels: labels.filter((_, row) => train[row]),
    testLabels: labels.filter((_, row) => !train[row]),
  };
}

function party({ header, rows }: Csv, names: string[], train: boolean[], labels: Uint8Array): PartyRows {
  const columns = names.map((name) => {
    const at = header.indexOf(name);
    return woeColumn(
      rows.map((row) => row[at]!),
      train,
      labels,
    );
  });
  const part = (wanted: boolean): FeatureColumns => ({
    names,
    values: columns.map((column) => column.filter((_, row) => train[row] === wanted)),
  });
  return { train: part(true), test: part(false) };
}

/**
 * The encoding of the reference results: 10 quantile bins of the training rows, a category a bin, missing a bin of
 * its own, 0.5 in place of a zero count, 0 for what training did not see.
 */
function woeColumn(texts: string[], train: boolean[], labels: Uint8Array): Float64Array {
  const numeric = texts.every((text) => text === '' || Number.isFinite(Number(text)));
  const known = numeric
    ? texts
        .filter((text, row) => train[row] && text !== '')
        .map(Number)
        .sort((a, b) => a - b)
    : [];
  const cuts = [...new Set(Array.from({ length: 9 }, (_, k) => quantile(known, (k + 1) / 10)))];
  const bins = texts.map((text) =>
    text === '' ? 'missing' : numeric ? String(cuts.filter((cut) => cut < Number(text)).length) : text,
  );
  const counts = new Map<string, [good: number, bad: number]>();
  const totals: [number, number] = [0, 0];
  bins.forEach((bin, row) => {
    if (!train[row]) return;
    const own = counts.get(bin) ?? [0, 0];
    counts.set(bin, own);
    own[labels[row] as 0 | 1]++;
    totals[labels[row] as 0 | 1]++;
  });
  const woe = new Map(
    [...counts].map(([bin, [good, bad]]) => [
      bin,
      Math.log((bad || 0.5) / totals[1] / ((good || 0.5) / totals[0])),
    ]),
  );
  return Float64Array.from(bins, (bin) => woe.get(bin) ?? 0);
}

/** numpy.quantile, linear. */
function quantile(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const floor = Math.floor(place);
  const next = sorted[Math.min(floor + 1, sorted.length - 1)]!;
  return sorted[floor]! + (place - floor) * (next - sorted[floor]!);
}
