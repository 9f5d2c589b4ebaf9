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
  openedBy,
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
  ...{ rows, bins, maxAbs: 127, wantedInJob: openedBy(bins) },
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
async function learnt(plan: GradientPlan, { g, h, cells }: TableRows) {
  const sums = await product(room, plan.shape, gradientVector(plan, g, h), gradientMatrix(plan, cells));
  return gradientSums(plan, 'platform', sums);
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
    ['few rows: several features in an output, g and h in one number', 300, 1],
    ['more rows', 2_000, 1],
    ['g and h apart: too many rows for one number in a long job', 6_000, 500],
  ])('%s', async (_, rows, trees) => {
    const bins = [33, 33, 5, 33, 2, 33, 1, 17, 33];
    const plan = gradientPlan(factsOf(rows, bins, { wantedInJob: trees * openedBy(bins) }));
    expect(plan.base > 0).toBe(trees === 1);
    expect(plan.width > 1).toBe(rows === 300);
    const table = tableOf(rows, bins, rows);
    // The largest sums there can be, in the first bin of the first feature.
    table.g.fill(-127);
    table.h.fill(127);
    table.cells.fill(0, 0, rows);
    expect(await learnt(plan, table)).toEqual(counted(plan, table));
  });
});

describe('what is proved of a plan', () => {
  test('sums fit, also where g and h share a number, and masks hide the noise, whatever the rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400_000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2, max: 66 }),
        fc.integer({ min: 1, max: 2_000 }),
        (rows, features, most, nodes) => {
          const bins = Array.from({ length: features }, () => most);
          const wantedInJob = nodes * openedBy(bins);
          const plan = gradientPlan(factsOf(rows, bins, { wantedInJob }));
          const set = productSet(plan.shape.set);
          const [t, q] = [BigInt(set.plainModulus), set.dataPrimes.reduce((a, b) => a * b, 1n)];
          const [n, base] = [BigInt(rows), BigInt(plan.base)];
          const largest = base > 0n ? n * 127n * base + n * 127n : n * 127n;
          expect(2n * largest < t).toBe(true);
          if (base > 0n) expect(base > 2n * n * 127n).toBe(true);
          // Every row meets a noise of at most 22 once for each feature of an output.
          const noise = n * BigInt(plan.width) * 22n;
          expect(plan.noise >= noise).toBe(true);
          expect(2n * noise * t * BigInt(wantedInJob) * 2n ** 40n <= q).toBe(true);
          const wanted = plan.shape.wanted.reduce((sum, count) => sum + count, 0);
          expect(wanted).toBeLessThanOrEqual(openedBy(bins));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a job that opens too much has none', () => {
    expect(() => gradientPlan(factsOf(400_000, [33], { wantedInJob: 2 ** 52 }))).toThrow(
      expect.objectContaining({ code: 'PRODUCT_RANGE' }),
    );
  });
});

describe('refused', () => {
  const bins = [3, 5];
  const plan = gradientPlan(factsOf(4, bins));

  test('gradients of other rows, and bins a feature has not', () => {
    const refused = expect.objectContaining({ code: 'PRODUCT_RANGE' });
    expect(() => gradientVector(plan, new Int8Array(4), new Int8Array(5))).toThrow(refused);
    expect(() => gradientMatrix(plan, new Uint8Array(7))).toThrow(refused);
    expect(() => gradientMatrix(plan, Uint8Array.of(0, 1, 2, 3, 0, 1, 2, 3))).toThrow(refused);
  });

  test('sums that no four rows have, naming who sent them', () => {
    const sums = new Float64Array(plan.shape.wanted.reduce((sum, count) => sum + count, 0));
    sums[0] = plan.base > 0 ? (4 * 127 + 1) * plan.base : 4 * 127 + 1;
    const malformed = expect.objectContaining({ code: 'CIPHERTEXT_MALFORMED', parties: ['platform'] });
    expect(() => gradientSums(plan, 'platform', sums)).toThrow(malformed);
    sums[0] = plan.base > 0 ? -plan.base : -1;
    if (plan.base > 0) expect(() => gradientSums(plan, 'platform', sums)).toThrow(malformed);
  });
});
