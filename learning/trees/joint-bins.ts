import { CodedError, type HorizontalSpec, type Secret } from '../../contract/core.js';
import { bucketOfLevels, categoryBuckets } from '../statistics/category-hash.js';
import { numberFeatures } from '../statistics/features.js';
import type { Magnitudes } from '../statistics/magnitudes.js';
import type { SumPart } from '../sum-part.js';
import type { Table } from '../table.js';
import type { BinnedFeatures } from './histogram.js';
import { binOfNumber, cellCount, cellOf, cutsOf, type ValueCells, valueCells } from './value-cells.js';

/** Bins that all participants of a job of trees share, bit for bit; plain JSON. */
export interface JointBins {
  readonly version: 1;
  /** Training rows of all participants, and how many of them are bad. */
  readonly rows: number;
  readonly positives: number;
  readonly features: readonly (NumberCuts | CategoryLevels)[];
}

export interface NumberCuts {
  readonly kind: 'number';
  readonly name: string;
  /** Rising; one bin more than cuts. */
  readonly cuts: readonly number[];
}

/** A bin for each kept hash bucket, the most frequent first, then one for all other levels. */
export interface CategoryLevels {
  readonly kind: 'category';
  readonly name: string;
  readonly buckets: readonly number[];
  readonly other: boolean;
}

type TreeModelSpec = Extract<HorizontalSpec['model'], { kind: 'trees' }>;

/** The spec's words on trees. @throws {CodedError} INTERNAL for a job of another model. */
export function treeModelOf({ model }: HorizontalSpec): TreeModelSpec {
  if (model.kind !== 'trees') throw new CodedError('INTERNAL', `a ${model.kind} job grows no trees`);
  return model;
}

/** Counts over this participant's training rows of the cells of every number. A sum cannot be empty, so it has one value more. */
export function quantilesVector(table: Table, spec: HorizontalSpec, magnitudes: Magnitudes): SumPart {
  const cells = cellsOf(spec, magnitudes);
  const values = new Float64Array(lengthOf(cells));
  let start = 0;
  numberFeatures(spec).forEach((name, at) => {
    const of = cells[at]!;
    const column = numbersOf(table, name);
    for (let row = 0; row < table.rows; row++) {
      if (table.test[row] === 1 || Number.isNaN(column[row]!)) continue;
      const cell = cellOf(of, column[row]!);
      if (cell !== undefined) values[start + cell]!++;
    }
    start += cellCount(of);
  });
  return { values, maxAbs: spec.update.rowsCap };
}

/**
 * Reads the opened sum of these. Levels of a category stand by falling number of rows, so that no label decides their order.
 * @throws {CodedError} SUM_MALFORMED; DATASET_CONSTANT when no feature can part rows.
 */
export function readQuantiles(sums: Float64Array, spec: HorizontalSpec, magnitudes: Magnitudes): JointBins {
  const cells = cellsOf(spec, magnitudes);
  if (sums.length !== lengthOf(cells) || sums.some((count) => !(count >= 0))) {
    throw new CodedError('SUM_MALFORMED', 'the quantiles sum has another length or a negative count');
  }
  const { bins: most } = treeModelOf(spec);
  let start = 0;
  const numbers = magnitudes.numbers.map(({ name }, at): NumberCuts => {
    const of = cells[at]!;
    const cuts = cutsOf(of, sums.subarray(start, start + cellCount(of)), most);
    start += cellCount(of);
    return { kind: 'number', name, cuts };
  });
  const categories = magnitudes.categories.map(({ name, buckets, other }): CategoryLevels => {
    const fits = buckets.length + Number(other) <= most;
    const kept = fits ? buckets : buckets.slice(0, most - 1);
    return { kind: 'category', name, buckets: kept, other: other || !fits || kept.length === 0 };
  });
  const features = [...numbers, ...categories];
  const missing = [...magnitudes.numbers, ...magnitudes.categories].map((of) => of.missing);
  if (!features.some((feature, at) => valuesOf(feature) + Number(missing[at]! > 0) > 1)) {
    throw new CodedError('DATASET_CONSTANT', 'every feature is constant');
  }
  const { rows, positives } = magnitudes;
  return { version: 1, rows, positives, features };
}

/** The training or the test rows of a table as trees see them, with their labels, in table order. */
export function jointlyBinned(
  table: Table,
  { features }: JointBins,
  hashKey: Secret,
  split: 'train' | 'test',
): { readonly features: BinnedFeatures; readonly labels: Uint8Array } {
  const wanted = split === 'test' ? 1 : 0;
  const selected = Uint32Array.from(table.test.keys()).filter((row) => table.test[row] === wanted);
  const rows = selected.length;
  const values = features.map(valuesOf);
  const bins = new Uint8Array(rows * features.length);
  features.forEach((feature, at) => {
    const of = feature.kind === 'number' ? byCuts(table, feature) : byLevel(table, feature, hashKey);
    for (let k = 0; k < rows; k++) bins[at * rows + k] = of(selected[k]!);
  });
  const labels = Uint8Array.from(selected, (row) => table.label[row]!);
  return { features: { rows, values, bins }, labels };
}

function byCuts(table: Table, { name, cuts }: NumberCuts): (row: number) => number {
  const column = numbersOf(table, name);
  return (row) => (Number.isNaN(column[row]!) ? cuts.length + 1 : binOfNumber(cuts, column[row]!));
}

/** Levels that no training row showed go where missing ones go. */
function byLevel(table: Table, feature: CategoryLevels, hashKey: Secret): (row: number) => number {
  const { name, buckets, other } = feature;
  const column = table.categories.get(name);
  if (!column) throw new CodedError('DATASET_COLUMN_MISSING', `no category feature ${name}`);
  const missing = valuesOf(feature);
  const binOfBucket = new Uint8Array(categoryBuckets).fill(other ? buckets.length : missing);
  buckets.forEach((bucket, bin) => {
    binOfBucket[bucket] = bin;
  });
  const binOfCode = Uint8Array.from(
    bucketOfLevels(hashKey, name, column.levels),
    (bucket) => binOfBucket[bucket]!,
  );
  return (row) => (column.codes[row]! < 0 ? missing : binOfCode[column.codes[row]!]!);
}

/** Bins of values, the one for missing values aside. */
function valuesOf(feature: JointBins['features'][number]): number {
  return feature.kind === 'number' ? feature.cuts.length + 1 : feature.buckets.length + Number(feature.other);
}

function cellsOf(spec: HorizontalSpec, { numbers }: Magnitudes): ValueCells[] {
  const { groupRows } = treeModelOf(spec);
  return numbers.map(({ byExponent }) => valueCells(byExponent!, groupRows));
}

function lengthOf(cells: readonly ValueCells[]): number {
  return Math.max(
    1,
    cells.reduce((sum, of) => sum + cellCount(of), 0),
  );
}

function numbersOf(table: Table, name: string): Float64Array {
  const column = table.numbers.get(name);
  if (!column) throw new CodedError('DATASET_COLUMN_MISSING', `no numeric feature ${name}`);
  return column;
}
