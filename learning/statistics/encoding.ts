import { CodedError, type Secret } from '../../contract/core.js';
import type { Table } from '../table.js';
import { bucketOfLevels, categoryBuckets } from './category-hash.js';

/** Preprocessing that all participants share, bit for bit; plain JSON. */
export interface Encoding {
  readonly version: 1;
  /** Training rows of all participants, and how many of them are bad. */
  readonly rows: number;
  readonly positives: number;
  /** Columns of the encoded matrix: those of the features below, in order. */
  readonly width: number;
  readonly features: readonly (NumberEncoding | CategoryEncoding)[];
}

/** z = (clip(x, -bound, bound) - mean) / deviation, clipped to [-8, 8]; missing gives 0. */
export interface NumberEncoding {
  readonly kind: 'number';
  readonly name: string;
  readonly bound: number;
  readonly mean: number;
  /** 0: the feature is constant and has no value column. */
  readonly deviation: number;
  /** Whether a 0/1 column tells missing rows. */
  readonly missing: boolean;
}

/** One 0/1 column per kept hash bucket, then one for all other values, then one for missing. */
export interface CategoryEncoding {
  readonly kind: 'category';
  readonly name: string;
  readonly buckets: readonly number[];
  readonly other: boolean;
  readonly missing: boolean;
}

/** Rows ready for a model. */
export interface Matrix {
  /** rows x width, row after row. */
  readonly x: Float32Array;
  /** 1 = bad, 0 = good. */
  readonly y: Float32Array;
  readonly rows: number;
  readonly width: number;
}

const zLimit = 8;

/** The training or the test rows of a table as the model sees them, in table order. */
export function encode(table: Table, encoding: Encoding, hashKey: Secret, split: 'train' | 'test'): Matrix {
  const wanted = split === 'test' ? 1 : 0;
  const selected: number[] = [];
  for (let row = 0; row < table.rows; row++) if (table.test[row] === wanted) selected.push(row);
  const { width } = encoding;
  const x = new Float32Array(selected.length * width);
  let column = 0;
  for (const feature of encoding.features) {
    column +=
      feature.kind === 'number'
        ? encodeNumber(table, feature, selected, { x, width, column })
        : encodeCategory(table, feature, hashKey, selected, { x, width, column });
  }
  return { x, y: Float32Array.from(selected, (row) => table.label[row]!), rows: selected.length, width };
}

interface Target {
  readonly x: Float32Array;
  readonly width: number;
  /** First column of the feature. */
  readonly column: number;
}

/** Writes the columns of a feature and returns how many they are. */
function encodeNumber(table: Table, feature: NumberEncoding, selected: number[], target: Target): number {
  const values = table.numbers.get(feature.name);
  if (!values) throw new CodedError('DATASET_COLUMN_MISSING', `no numeric feature ${feature.name}`);
  const { bound, mean, deviation } = feature;
  const valueColumns = Number(deviation > 0);
  selected.forEach((row, index) => {
    const at = index * target.width + target.column;
    const value = values[row]!;
    if (Number.isNaN(value)) {
      if (feature.missing) target.x[at + valueColumns] = 1;
    } else if (valueColumns === 1) {
      const z = (Math.min(bound, Math.max(-bound, value)) - mean) / deviation;
      target.x[at] = Math.min(zLimit, Math.max(-zLimit, z));
    }
  });
  return valueColumns + Number(feature.missing);
}

function encodeCategory(
  table: Table,
  feature: CategoryEncoding,
  hashKey: Secret,
  selected: number[],
  target: Target,
): number {
  const values = table.categories.get(feature.name);
  if (!values) throw new CodedError('DATASET_COLUMN_MISSING', `no category feature ${feature.name}`);
  const none = -1;
  const kept = feature.buckets.length;
  const columnOfBucket = new Int32Array(categoryBuckets).fill(feature.other ? kept : none);
  feature.buckets.forEach((bucket, index) => {
    columnOfBucket[bucket] = index;
  });
  const columnOfCode = Int32Array.from(
    bucketOfLevels(hashKey, feature.name, values.levels),
    (bucket) => columnOfBucket[bucket]!,
  );
  const missingColumn = feature.missing ? kept + Number(feature.other) : none;
  selected.forEach((row, index) => {
    const code = values.codes[row]!;
    const column = code < 0 ? missingColumn : columnOfCode[code]!;
    if (column !== none) target.x[index * target.width + target.column + column] = 1;
  });
  return kept + Number(feature.other) + Number(feature.missing);
}
