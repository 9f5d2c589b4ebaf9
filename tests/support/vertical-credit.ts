import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { VerticalParty } from './vertical-cast.js';

const file = join(import.meta.dirname, '..', '..', 'examples', 'credit', 'credit.csv.gz');

export const bankFeatures = {
  Records: 'category',
  Amount: 'number',
  Price: 'number',
  Time: 'number',
  Debt: 'number',
  Assets: 'number',
  Expenses: 'number',
} as const;
export const platformFeatures = {
  Seniority: 'number',
  Home: 'category',
  Age: 'number',
  Marital: 'category',
  Job: 'category',
  Income: 'number',
} as const;

/** Rows of the bundled credit data: header and cells. */
export function creditRows(): { readonly names: readonly string[]; readonly rows: readonly string[][] } {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split(/\r?\n/);
  return { names: header.split(','), rows: lines.map((line) => line.split(',')) };
}

export type FeatureKinds = Readonly<Record<string, 'number' | 'category'>>;

export interface Holding {
  readonly features: FeatureKinds;
  readonly label: boolean;
  /** Which customers this party has. */
  readonly has?: (id: number) => boolean;
  /** How it writes their key. */
  readonly key?: (id: string) => string;
}

/** Writes a party's part of the credit data as dataset `loans`. */
export function holdCredit(
  party: VerticalParty,
  { features, label, has = () => true, key = (id) => id }: Holding,
) {
  const { names, rows } = creditRows();
  const at = (name: string) => names.indexOf(name);
  const columns = ['id', ...(label ? ['y'] : []), ...Object.keys(features)];
  const cells = rows
    .filter((row) => has(Number(row[at('id')])))
    .map((row) => columns.map((name) => (name === 'id' ? key(row[at('id')]!) : row[at(name)]!)));
  holdTable(party, { features, label, columns, cells });
}

export interface TableHolding {
  readonly features: FeatureKinds;
  /** Column `y`, 1 for bad. */
  readonly label: boolean;
  /** `id` first, then `y` where there is a label, then features. */
  readonly columns: readonly string[];
  readonly cells: readonly (readonly (string | number)[])[];
}

/** Writes any table as dataset `loans`; NA is a missing value. */
export function holdTable(party: VerticalParty, { features, label, columns, cells }: TableHolding) {
  const lines = cells.map((row) => row.join(','));
  writeFileSync(csvOf(party), `${[columns.join(','), ...lines].join('\n')}\n`);
  const mapped = Object.entries(features).map(
    ([name, type]) => `  ${name}: { column: ${name}, type: ${type} }`,
  );
  const text = [
    'dataset: loans',
    'source: { csv: loans.csv }',
    'id: id',
    ...(label ? ['label: { column: y, bad: 1 }'] : []),
    'missing: ["NA"]',
    'features:',
    ...mapped,
  ];
  writeFileSync(join(party.datasets, 'loans.yaml'), `${text.join('\n')}\n`);
}

/** The source of dataset `loans`. */
export function csvOf(party: VerticalParty): string {
  return join(party.datasets, 'loans.csv');
}

/** Rewrites a party's source, cell by cell: `change` gets the row as columns by name. */
export function editRows(
  party: VerticalParty,
  change: (row: Record<string, string>, at: number) => void,
): void {
  const [header = '', ...lines] = readFileSync(csvOf(party), 'utf8').trim().split('\n');
  const columns = header.split(',');
  const edited = lines.map((line, at) => {
    const cells = line.split(',');
    const row = Object.fromEntries(columns.map((name, column) => [name, cells[column] ?? '']));
    change(row, at);
    return columns.map((name) => row[name]).join(',');
  });
  writeFileSync(csvOf(party), `${[header, ...edited].join('\n')}\n`);
}

/** Fields that every spec of these tests has; `holdings` are features by party, the label holder's first. */
export function jobOf(type: 'training' | 'binning', holdings: Readonly<Record<string, FeatureKinds>>) {
  const parties = Object.entries(holdings).map(([name, features]) => [name, { dataset: 'loans', features }]);
  return {
    name: 'joint',
    mode: 'vertical',
    type,
    purpose: 'credit-risk',
    labelHolder: Object.keys(holdings)[0]!,
    parties: Object.fromEntries(parties),
  };
}

export function scoringOf(job: string, labelHolder: string, names: readonly string[]) {
  return {
    ...{ name: 'batch', mode: 'vertical', type: 'scoring', purpose: 'credit-risk', labelHolder },
    parties: Object.fromEntries(names.map((name) => [name, { dataset: 'loans' }])),
    model: { job },
  };
}

/** Uniform in [0, 1), the same for a seed; test data only. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Customers 1 .. count, the odd-numbered thirds bad, with columns that lean on the outcome more or less. */
export function invented(count: number, columns: number, seed = 7) {
  const random = seeded(seed);
  const noise = () => random() + random() + random() - 1.5;
  return Array.from({ length: count }, (_, at) => {
    const y = Number(random() < 0.35);
    const values = Array.from({ length: columns }, (_, column) =>
      (y * (0.9 - (column % 5) * 0.2) + noise()).toFixed(4),
    );
    return { id: at + 1, y, values };
  });
}

/** Gives a party the customers of `rows` with some of their columns as numbers c0, c1, ...; what it holds. */
export function holdInvented(
  party: VerticalParty,
  rows: ReturnType<typeof invented>,
  [from, to]: readonly [number, number],
  label: boolean,
): FeatureKinds {
  const names = Array.from({ length: to - from }, (_, at) => `c${from + at}`);
  const features = Object.fromEntries(names.map((name) => [name, 'number' as const]));
  holdTable(party, {
    ...{ features, label },
    columns: ['id', ...(label ? ['y'] : []), ...names],
    cells: rows.map(({ id, y, values }) => [id, ...(label ? [y] : []), ...values.slice(from, to)]),
  });
  return features;
}
