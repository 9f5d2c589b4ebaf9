import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { productSet } from '../../../crypto/he/index.js';
import {
  type GradientFacts,
  type GradientPlan,
  gradientMatrix,
  gradientPlan,
  gradientSums,
  gradientVector,
  ProductRoom,
} from '../../../crypto/matvec/index.js';
import { product } from './parties.js';

const room = ProductRoom.open({ threads: 2 });
afterAll(() => room.close());

const factsOf = (
  rows: number,
  bins: readonly number[],
  extra: Partial<GradientFacts> = {},
): GradientFacts => ({
  ...{ rows, bins, maxAbs: 127, histogramsInJob: 1 },
  ...extra,
});

/** Rows with gradients and bins, all from a seed. */
function tableOf(rows: number, bins: readonly number[], seed: number) {
  const bits = (at: number) => Math.imul(Math.imul(at + 1, seed | 1) ^ (at >>> 3), 0x9e3779b1) >>> 9;
  return {
    g: Int8Array.from({ length: rows }, (_, row) => (bits(row) % 255) - 127),
    h: Int8Array.from({ length: rows }, (_, row) => bits(row + 7 * rows) % 128),
    cells: Uint8Array.from(
      { length: rows * bins.length },
      (_, at) => bits(at + 31) % bins[Math.floor(at / rows)]!,
    ),
  };
}

type TableRows = ReturnType<typeof tableOf>;

/** What the key holder has at the end. */
async function learnt(plan: GradientPlan, { cells, ...rows }: TableRows) {
  const sums = await product(room, plan.shape, gradientVector(plan, rows), gradientMatrix(plan, cells));
  return gradientSums(plan, rows, 'platform', sums);
}

function counted({ bins, rows }: GradientPlan, { g, h, cells }: TableRows) {
  const starts = bins.map((_, feature) => bins.slice(0, feature).reduce((sum, count) => sum + count, 0));
  const length = bins.reduce((sum, count) => sum + count, 0);
  const sums = { g: new Float64Array(length), h: new Float64Array(length) };
  cells.forEach((bin, at) => {
    const row = at % rows;
    const slot = starts[Math.floor(at / rows)]! + bin;
    sums.g[slot]! += g[row]!;
    sums.h[slot]! += h[row]!;
  });
  return sums;
}

describe('histograms of gradients, learned by the key holder', () => {
  test('any rows, features and bins: exactly the sums', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 900 }),
        fc.array(fc.integer({ min: 1, max: 33 }), { minLength: 1, maxLength: 20 }),
        fc.integer(),
        async (rows, bins, seed) => {
          const plan = gradientPlan(factsOf(rows, bins));
          const table = tableOf(rows, bins, seed);
          expect(await learnt(plan, table)).toEqual(counted(plan, table));
        },
      ),
      { numRuns: 12 },
    );
  });

  test.each([
    ['few rows: several features in an output, g and h in one number', 300, 1, 1],
    ['more rows', 20_000, 1, 1],
    ['g and h apart: too many rows for one number in a long job', 20_000, 2 ** 30, 2],
  ])('%s', async (_, rows, histogramsInJob, numbers) => {
    const bins = [33, 33, 5, 33, 2, 33, 1, 17, 33];
    const plan = gradientPlan(factsOf(rows, bins, { histogramsInJob }));
    expect(plan.numbers).toBe(numbers);
    expect(plan.width > 1).toBe(rows === 300);
    const table = tableOf(rows, bins, rows);
    // The largest sums there can be, in the first bin of the first feature.
    for (const worst of [-127, 127]) {
      table.g.fill(worst);
      table.h.fill(127);
      table.cells.fill(0, 0, rows);
      expect(await learnt(plan, table)).toEqual(counted(plan, table));
    }
  });
});

function modulusOf({ shape }: GradientPlan) {
  const set = productSet(shape.set);
  const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
  return { set, q, t: BigInt(set.plainModulus) };
}

describe('what is proved of a plan', () => {
  test('sums fit, also where g and h share a number, and masks hide the noise, whatever the rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400_000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2, max: 66 }),
        fc.integer({ min: 1, max: 2_000 }),
        (rows, features, most, histogramsInJob) => {
          const bins = Array.from({ length: features }, () => most);
          const plan = gradientPlan(factsOf(rows, bins, { histogramsInJob }));
          const { set, q, t } = modulusOf(plan);
          const n = BigInt(rows);
          // Values of Σ g + (Σ|g| + 1) · Σ h with |g|, h <= 127: two thirds would do if all rows had their largest.
          const values = plan.numbers === 1 ? 127n * n + (127n * n + 1n) * 127n * n + 1n : 254n * n + 1n;
          expect(values <= t).toBe(true);
          // Rounding sum and mask apart errs by a unit: worst noise, 22 for each feature of an output.
          expect(4n * (n * BigInt(plan.width) * 22n) * t <= q).toBe(true);
          // Mean |noise| at most its root mean square: (21/2 + 1/4) for each term.
          const square = (n * BigInt(plan.width) * 43n) / 4n;
          const wanted = BigInt(plan.shape.wanted.reduce((sum, count) => sum + count, 0));
          const exposed = 2n * t * wanted * BigInt(histogramsInJob) * 2n ** 40n;
          expect(exposed ** 2n * square <= q ** 2n).toBe(true);
          expect(set.degree >= plan.shape.stride * plan.shape.lanes).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a set is used up to where its proof ends, and not beyond', () => {
    const bins = Array.from({ length: 50 }, () => 33);
    const mostShared = (histogramsInJob: number) => {
      let [fits, fails] = [1, 400_000];
      while (fails - fits > 1) {
        const rows = (fits + fails) >> 1;
        if (gradientPlan(factsOf(rows, bins, { histogramsInJob })).numbers === 1) fits = rows;
        else fails = rows;
      }
      return fits;
    };
    // (127 rows + 1)² values below t = 2^48 at most; a root of a hundred trees of depth 5 hides as many.
    expect(mostShared(1)).toBe(Math.floor((Math.sqrt(281_474_976_694_273) - 1) / 127));
    expect(mostShared(500)).toBe(mostShared(1));
    expect(mostShared(50_000)).toBeLessThan(mostShared(1));
  });

  test('all nodes of a job that hold g and h in one number can share a parameter set', () => {
    const bins = Array.from({ length: 50 }, () => 33);
    const sets = [100_000, 40_000, 17_000, 6_000].map(
      (rows, level) =>
        gradientPlan(factsOf(rows, bins, { histogramsInJob: 500 * 2 ** Math.max(0, level - 1) })).shape.set,
    );
    expect(new Set(sets).size).toBe(1);
  });

  test('a job that opens too much has none', () => {
    expect(() => gradientPlan(factsOf(400_000, [33], { histogramsInJob: 2 ** 40 }))).toThrow(
      expect.objectContaining({ code: 'PRODUCT_RANGE' }),
    );
  });
});

describe('refused', () => {
  const bins = [3, 5];
  const plan = gradientPlan(factsOf(4, bins));

  test('gradients of other rows, and bins a feature has not', () => {
    const refused = expect.objectContaining({ code: 'PRODUCT_RANGE' });
    const of = (g: number[], h: number[]) => ({ g: Int8Array.from(g), h: Int8Array.from(h) });
    expect(() => gradientVector(plan, of([1, 2, 3, 4], [1, 2, 3, 4, 5]))).toThrow(refused);
    expect(() => gradientVector(plan, of([-128, 0, 0, 0], [1, 2, 3, 4]))).toThrow(refused);
    expect(() => gradientVector(plan, of([1, 2, 3, 4], [0, 0, -1, 0]))).toThrow(refused);
    expect(() => gradientMatrix(plan, new Uint8Array(7))).toThrow(refused);
    expect(() => gradientMatrix(plan, Uint8Array.of(0, 1, 2, 3, 0, 1, 2, 3))).toThrow(refused);
  });

  test.each([1, 2] as const)(
    'sums that these four rows do not have, naming who sent them: %i numbers',
    (numbers) => {
      const size = numbers === 1 ? 4 : 20_000;
      const plan = gradientPlan(factsOf(size, bins, { histogramsInJob: numbers === 1 ? 1 : 2 ** 32 }));
      expect(plan.numbers).toBe(numbers);
      const rows = { g: new Int8Array(size), h: new Int8Array(size) };
      rows.g.set([-3, 5, 0, 7]);
      rows.h.set([9, 9, 0, 1]);
      const sumsOf = (g: number, h: number) => {
        const sums = new Float64Array(plan.shape.wanted.reduce((sum, count) => sum + count, 0));
        // base = 3 + 12 + 1
        if (numbers === 1) sums[0] = g + 16 * h;
        else [sums[0], sums[plan.shape.stride]] = [g, h];
        return sums;
      };
      expect(gradientSums(plan, rows, 'platform', sumsOf(-3, 19))).toMatchObject({
        g: { 0: -3 },
        h: { 0: 19 },
      });
      expect(gradientSums(plan, rows, 'platform', sumsOf(12, 0))).toMatchObject({
        g: { 0: 12 },
        h: { 0: 0 },
      });
      const malformed = expect.objectContaining({ code: 'CIPHERTEXT_MALFORMED', parties: ['platform'] });
      for (const [g, h] of [
        [0, 20],
        [-4, 0],
        [12, 20],
      ] as const) {
        expect(() => gradientSums(plan, rows, 'platform', sumsOf(g, h))).toThrow(malformed);
      }
    },
  );
});
