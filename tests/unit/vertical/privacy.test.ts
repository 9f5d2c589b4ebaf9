import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alignedRows } from '../../../participant/vertical/aligning.js';
import { trainingLabels } from '../../../participant/vertical/training-rows.js';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdTable, invented, jobOf } from '../../support/vertical-credit.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const phone = new VerticalParty('phone-y');
const cast = [bank, shop, phone];
const rows = invented(300, 6);
const keyOf = (id: number) => `customer-${1_000_000 + id * 37}`;
const levels = ['renting-a-flat', 'owning-a-house', 'living-with-parents'];

interface Sent {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}
const sent: Sent[] = [];
let labels = new Uint8Array();
let allLabels = new Uint8Array();
let run: VerticalRun;

beforeAll(async () => {
  const holdings = Object.fromEntries(
    cast.map((party, side) => {
      const [amount, home] = [`amount${side}`, `home${side}`];
      const features = { [amount]: 'number', [home]: 'category' } as const;
      const label = party === bank;
      holdTable(party, {
        ...{ features, label },
        columns: ['id', ...(label ? ['y'] : []), amount, home],
        cells: rows.slice(side * 4).map(({ id, y, values }) => {
          const home = `${levels[Math.floor((Number(values[side + 3]) + 2) * 5) % 3]}-${side}`;
          return [keyOf(id), ...(label ? [y] : []), values[side]!, home];
        }),
      });
      return [party.name, features];
    }),
  );
  const spec = verticalSpecOf({ ...jobOf('training', holdings), training: { iterations: 2 } });
  run = await runVertical(spec, cast, {
    tamper: ({ name, from, to, path }) => {
      sent.push({ name, from, to, bytes: readFileSync(path) });
    },
    before: async (work) => {
      if (work.me !== 'bank-a' || work.step.name !== 'labels') return;
      labels = Uint8Array.from(await trainingLabels(work));
      const byKey = new Map(rows.map(({ id, y }) => [keyOf(id), y]));
      const source = readFileSync(join(bank.datasets, 'loans.csv'), 'utf8').trim().split('\n').slice(1);
      const ids = source.map((line) => line.split(',')[0]!).sort();
      const aligned = await alignedRows(work);
      allLabels = Uint8Array.from(aligned.rows, (row) => byKey.get(ids[row]!)!);
    },
  });
});

afterAll(() => {
  for (const party of cast) party.remove();
});

/** Parcels in which a sequence of bytes stands. */
const holding = (bytes: Uint8Array) =>
  sent
    .filter((parcel) => parcel.bytes.includes(Buffer.from(bytes)))
    .map(({ name, from, to }) => `${name} ${from} ${to}`);

describe('no parcel holds', () => {
  it('an id, or a digest of one that others could make', () => {
    expect(sent.length).toBeGreaterThan(40);
    for (const { id } of rows) {
      expect(holding(Buffer.from(keyOf(id)))).toEqual([]);
      expect(holding(createHash('sha256').update(keyOf(id)).digest().subarray(0, 16))).toEqual([]);
    }
  });

  it('labels, as bytes, words or numbers, of training rows or all', () => {
    expect(new Set(labels)).toEqual(new Set([0, 1]));
    for (const vector of [labels, allLabels]) {
      const forms = [vector, Int32Array.from(vector), Float64Array.from(vector), Int16Array.from(vector)];
      for (const { buffer } of forms) expect(holding(new Uint8Array(buffer))).toEqual([]);
      // The search would find them.
      expect(Buffer.concat([Buffer.alloc(3), vector]).includes(Buffer.from(vector))).toBe(true);
    }
  });

  it('a value, an edge or a level text of any side', () => {
    for (const { name } of cast) {
      const features = Object.values(run.modelOf(name).features);
      for (const { bins } of features) {
        if (bins.kind === 'category') {
          for (const level of bins.groups.flat()) expect(holding(Buffer.from(level)), level).toEqual([]);
        } else {
          expect(bins.cuts.length).toBeGreaterThan(3);
          for (const cut of bins.cuts) {
            expect(holding(Buffer.from(String(cut))), String(cut)).toEqual([]);
            expect(holding(new Uint8Array(Float64Array.of(cut).buffer)), String(cut)).toEqual([]);
          }
        }
      }
    }
  });

  it('a mean, a weight or a coefficient of a model', () => {
    for (const { name } of cast) {
      const { columns, weights, intercept, interceptShare } = run.modelOf(name).fit;
      const numbers = [...columns.flatMap(({ mean, coefficient }) => [mean, coefficient]), ...weights];
      for (const number of [...numbers, intercept, interceptShare].filter((value) => value !== 0)) {
        expect(holding(Buffer.from(String(number)))).toEqual([]);
        expect(holding(new Uint8Array(Float64Array.of(number).buffer))).toEqual([]);
      }
    }
  });
});

/** All keys of an object and what it holds. */
function keysIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const inner = Object.values(value).flatMap(keysIn);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

describe('what stays with a platform', () => {
  it.each(['shop-x', 'phone-y'])('%s: no count of labels beyond its own WOE, no metric, no score', (name) => {
    for (const file of [run.resultOf(name), run.modelOf(name)]) {
      const keys = keysIn(file);
      for (const key of [
        'bad',
        'bads',
        'badRate',
        'good',
        'evaluation',
        'calibration',
        'scaling',
        'metrics',
        'joint',
        'solo',
      ]) {
        expect(keys).not.toContain(key);
      }
    }
    expect(run.resultOf(name).features.every(({ party }) => party === name)).toBe(true);
    expect(run.modelOf(name).fit.intercept).toBe(0);
    expect(run.reports.get(name)).toMatchObject({ metrics: [], features: [] });
  });

  it('the bank has neither bins nor WOE of the platforms', () => {
    const foreign = run.resultOf('bank-a').features.filter(({ party }) => party !== 'bank-a');
    expect(foreign).toHaveLength(4);
    for (const of of foreign)
      expect(Object.keys(of).sort()).toEqual(['band', 'count', 'feature', 'iv', 'party']);
  });
});
