import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../contract/index.js';
import {
  centralEncoding,
  type Encoding,
  encode,
  magnitudesVector,
  momentsVector,
  readMagnitudes,
  readMoments,
  type Table,
} from '../../../learning/index.js';
import { bucketOfLevels } from '../../../learning/statistics/category-hash.js';
import { added, hashKey, type Row, specOf, tableOf } from './cases.js';

const spec = specOf();

function agreed(tables: readonly Table[], job = spec): Encoding {
  const counts = tables.map((table) => magnitudesVector(table, job, hashKey).values);
  const magnitudes = readMagnitudes(added(counts), job);
  const moments = tables.map((table) => momentsVector(table, job, magnitudes).values);
  return readMoments(added(moments), job, JSON.parse(JSON.stringify(magnitudes)));
}

const row: fc.Arbitrary<Row> = fc.record({
  amount: fc.option(fc.double({ min: -1e6, max: 1e9, noNaN: true }), { nil: undefined, freq: 8 }),
  age: fc.option(fc.integer({ min: 18, max: 90 }), { nil: undefined, freq: 4 }),
  home: fc.option(fc.constantFrom('own', 'rent', 'parents', 'other', 'priv'), { nil: undefined, freq: 4 }),
  bad: fc.boolean(),
  test: fc.boolean(),
});
/** Enough fixed rows for both classes, varying features and every column kind to exist. */
const anchor: Row[] = Array.from({ length: 40 }, (_, index) => ({
  amount: index < 6 ? undefined : 100 * index,
  age: 20 + index,
  home: index < 8 ? undefined : index < 20 ? 'own' : 'rent',
  bad: index % 3 === 0,
}));
const rowsGiven = fc.array(row, { maxLength: 120 }).map((rows) => [...anchor, ...rows]);

describe('agreed preprocessing', () => {
  it('equals the statistics of the pooled rows, however rows are dealt out', () => {
    fc.assert(
      fc.property(rowsGiven, fc.integer({ min: 2, max: 5 }), (rows, parties) => {
        const dealt = Array.from({ length: parties }, (_, party) =>
          tableOf(rows.filter((_, index) => index % parties === party)),
        );
        const joint = agreed(dealt);
        const pooled = centralEncoding(tableOf(rows), spec, hashKey);
        expect({ ...joint, features: [] }).toEqual({ ...pooled, features: [] });
        joint.features.forEach((feature, index) => {
          const other = pooled.features[index]!;
          if (feature.kind === 'category' || other.kind === 'category') {
            expect(feature).toEqual(other);
            return;
          }
          expect({ ...feature, mean: 0, deviation: 0 }).toEqual({ ...other, mean: 0, deviation: 0 });
          expect(Math.abs(feature.mean - other.mean)).toBeLessThan(1e-7 * feature.bound);
          expect(Math.abs(feature.deviation - other.deviation)).toBeLessThan(1e-5 * feature.bound);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('gives numeric columns mean 0 and deviation 1 over the training rows inside the clip bound', () => {
    const rows = Array.from(
      { length: 500 },
      (_, index): Row => ({ amount: 3 + index, age: 40, bad: index % 2 === 0 }),
    );
    const table = tableOf(rows);
    const encoding = centralEncoding(table, spec, hashKey);
    // age is constant and home always missing: no columns.
    expect(encoding.width).toBe(1);
    const { x } = encode(table, encoding, hashKey, 'train');
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(Math.abs(square - 1)).toBeLessThan(1e-6);
  });

  it('clips at the smallest power of two that covers 99.5 % of the values', () => {
    const rows = (outliers: number) =>
      Array.from(
        { length: 1000 },
        (_, index): Row => ({
          amount: index < outliers ? -1e9 : index % 2 === 0 ? 60 : -63.9,
          bad: index % 5 === 0,
        }),
      );
    const bound = (outliers: number) =>
      readMagnitudes(magnitudesVector(tableOf(rows(outliers)), spec, hashKey).values, spec).numbers.find(
        ({ name }) => name === 'amount',
      )!.bound;
    expect(bound(0)).toBe(64);
    expect(bound(5)).toBe(64);
    expect(bound(6)).toBe(2 ** 30);
  });

  it('is not moved by test rows, row order or feature order', () => {
    fc.assert(
      fc.property(rowsGiven, row, (rows, extra) => {
        const encoding = centralEncoding(tableOf(rows), spec, hashKey);
        const reversed = specOf({ features: { home: 'category', age: 'number', amount: 'number' } });
        const counted = (given: Row[], job = spec) => magnitudesVector(tableOf(given), job, hashKey).values;
        expect(counted([...rows].reverse(), reversed)).toEqual(counted(rows));
        expect(centralEncoding(tableOf([...rows, { ...extra, test: true }]), spec, hashKey)).toEqual(
          encoding,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('keeps every vector integer and within its public bound', () => {
    fc.assert(
      fc.property(rowsGiven, fc.constantFrom(200, 1_000_000, 100_000_000), (rows, rowsCap) => {
        const job = specOf({ update: { rowsCap } });
        const table = tableOf(rows);
        const counts = magnitudesVector(table, job, hashKey);
        const moments = momentsVector(table, job, readMagnitudes(counts.values, job));
        for (const { values, maxAbs } of [counts, moments]) {
          expect(values.every((value) => Number.isInteger(value) && Math.abs(value) <= maxAbs)).toBe(true);
        }
        // The wide parameter set holds sums below 2^49.
        expect(moments.maxAbs * job.participants.length).toBeLessThanOrEqual(2 ** 48);
      }),
      { numRuns: 30 },
    );
  });

  it('sends no moments of a feature that fewer than five joint rows have', () => {
    const rows = anchor.map((each, index): Row => ({ ...each, age: index < 4 ? 30 + index : undefined }));
    const table = tableOf(rows);
    const magnitudes = readMagnitudes(magnitudesVector(table, spec, hashKey).values, spec);
    const [age, amount] = [0, 3].map((at) => momentsVector(table, spec, magnitudes).values.slice(at, at + 3));
    expect(magnitudes.numbers.map(({ name }) => name)).toEqual(['age', 'amount']);
    expect([...age!]).toEqual([0, 0, 0]);
    expect(amount![0]).toBe(34);
  });

  it('encodes each row as its definition says', () => {
    const rows: Row[] = [...anchor, { amount: 1e8, home: 'castle', bad: true }, { bad: false, test: true }];
    const table = tableOf(rows);
    const encoding = centralEncoding(table, spec, hashKey);
    const matrix = encode(table, encoding, hashKey, 'train');
    const [age, amount, home] = encoding.features;
    expect([age?.name, amount?.name, home?.name]).toEqual(['age', 'amount', 'home']);
    if (age?.kind !== 'number' || amount?.kind !== 'number' || home?.kind !== 'category')
      throw new Error('kinds');
    // age is missing in one training row only: no column for that. "castle" is too rare for one.
    expect([age.missing, amount.missing, home.missing, home.buckets.length, home.other]).toEqual([
      false,
      true,
      true,
      2,
      false,
    ]);
    expect(matrix).toMatchObject({ rows: 41, width: 6 });
    const bucket = (level: string) => bucketOfLevels(hashKey, 'home', [level])[0]!;
    rows.slice(0, 41).forEach((given, index) => {
      const z = (value: number | undefined, { bound, mean, deviation }: typeof amount) =>
        value === undefined
          ? 0
          : Math.fround(Math.max(-8, Math.min(8, (Math.min(value, bound) - mean) / deviation)));
      const expected = [
        z(given.age, age),
        z(given.amount, amount),
        Number(given.amount === undefined),
        ...home.buckets.map((kept) => Number(given.home !== undefined && bucket(given.home) === kept)),
        Number(given.home === undefined),
      ];
      expect(Array.from(matrix.x.subarray(index * 6, index * 6 + 6))).toEqual(expected);
      expect(matrix.y[index]).toBe(Number(given.bad));
    });
    expect(encode(table, encoding, hashKey, 'test')).toMatchObject({ rows: 1, y: Float32Array.of(0) });
  });

  it('gives the same columns to participants that know other categories', () => {
    const joint = agreed([tableOf(anchor), tableOf(anchor.map((given) => ({ ...given, home: 'rent' })))]);
    const own = tableOf([
      { home: 'own', bad: false },
      { home: 'rent', bad: true },
    ]);
    const other = tableOf([
      { home: 'rent', bad: true },
      { home: 'yurt', bad: false },
    ]);
    const rent = (table: Table, index: number) =>
      encode(table, joint, hashKey, 'train').x.subarray(index * joint.width, (index + 1) * joint.width);
    expect(rent(own, 1)).toEqual(rent(other, 0));
    expect(rent(own, 0)).not.toEqual(rent(own, 1));
  });
});

describe('category buckets', () => {
  it('are HMAC-SHA256 of feature and level, so another key gives other buckets', () => {
    const tag = createHmac('sha256', Buffer.alloc(32, 9)).update('home\0rent').digest();
    expect(bucketOfLevels(hashKey, 'home', ['rent'])[0]).toBe(tag.readUInt32BE(0) % 4096);
    const levels = Array.from({ length: 50 }, (_, index) => `level-${index}`);
    const otherKey = new Secret(new Uint8Array(32).fill(8));
    expect(bucketOfLevels(otherKey, 'home', levels)).not.toEqual(bucketOfLevels(hashKey, 'home', levels));
  });
});

describe('statistics refuse', () => {
  const coded = (code: string) => expect.objectContaining({ code });
  const counts = (rows: Row[], job = spec) => magnitudesVector(tableOf(rows), job, hashKey).values;

  it('more rows than rowsCap', () => {
    expect(() => counts(anchor, specOf({ update: { rowsCap: 39 } }))).toThrow(coded('DATASET_TOO_LARGE'));
  });

  it('no training row, and a label with one class', () => {
    expect(() => readMagnitudes(counts([{ bad: true, test: true }]), spec)).toThrow(coded('DATASET_EMPTY'));
    const goods = anchor.map((given) => ({ ...given, bad: false }));
    expect(() => readMagnitudes(counts(goods), spec)).toThrow(coded('DATASET_ONE_CLASS'));
    const bads = anchor.map((given) => ({ ...given, bad: true }));
    expect(() => readMagnitudes(counts(bads), spec)).toThrow(coded('DATASET_ONE_CLASS'));
  });

  it('features that never vary', () => {
    const same = anchor.map(({ bad }): Row => ({ amount: 5, age: 30, home: 'own', bad }));
    expect(() => centralEncoding(tableOf(same), spec, hashKey)).toThrow(coded('DATASET_CONSTANT'));
  });

  it('a column that the table lacks', () => {
    const job = specOf({ features: { income: 'number' } });
    expect(() => counts(anchor, job)).toThrow(coded('DATASET_COLUMN_MISSING'));
  });

  it('sums of another length or with impossible counts', () => {
    const sums = counts(anchor);
    expect(() => readMagnitudes(sums.subarray(1), spec)).toThrow(coded('SUM_MALFORMED'));
    sums[5] = -1;
    expect(() => readMagnitudes(sums, spec)).toThrow(coded('SUM_MALFORMED'));
    expect(() => readMoments(new Float64Array(1), spec, readMagnitudes(counts(anchor), spec))).toThrow(
      coded('SUM_MALFORMED'),
    );
  });
});
