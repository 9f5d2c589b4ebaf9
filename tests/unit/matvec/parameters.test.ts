import { describe, expect, test } from 'vitest';
import {
  FreshZeros,
  freshZeroNoise,
  makePublicKey,
  makeSecretKey,
  ProductCipher,
  productSet,
  productSetNames,
} from '../../../crypto/he/index.js';
import {
  chooseStride,
  type ProductFacts,
  productParameters,
  shapeBytes,
} from '../../../crypto/matvec/index.js';
import { phases, power, ternary } from './oracle.js';

/** §5's worst cases, once more and from the definitions: what the key holder knows of q, t and the matrix. */
function bounds(facts: ProductFacts) {
  const plan = productParameters(facts);
  const set = productSet(plan.shape.set);
  const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
  const t = BigInt(set.plainModulus);
  const largestSum = BigInt(facts.rows) * BigInt(facts.maxAbsVector) * BigInt(plan.shape.maxAbsMatrix);
  return { plan, set, q, t, largestSum };
}

const regression: ProductFacts = {
  rows: 400_000,
  matrix: { form: 'dense', columns: 300, maxAbs: 2 ** 11 - 1 },
  maxAbsVector: 2 ** 12 - 1,
  learner: 'function-holder',
};
const labels: ProductFacts = {
  rows: 5_000_000,
  matrix: { form: 'histogram', bins: new Array(300).fill(16) },
  maxAbsVector: 1,
  learner: 'key-holder',
};
const gradients: ProductFacts = {
  ...labels,
  matrix: { form: 'histogram', bins: new Array(1000).fill(32) },
  maxAbsVector: 255,
};

describe('the workloads that products are for', () => {
  test('regression over 400,000 rows of 12-bit residuals and 11-bit columns stays in the small ring', () => {
    const { plan, q, t, largestSum } = bounds(regression);
    expect(plan.shape.set).toBe('product-43');
    expect(2n * largestSum < t).toBe(true);
    // Every noise coefficient of a block is below 23; all of them meet a column entry below 2^11.
    const noise = 400_000n * BigInt(plan.shape.stride) * 2047n * 23n;
    expect(plan.noise >= noise && plan.noise < noise + 2n ** 12n).toBe(true);
    expect(2n * t * plan.noise < q).toBe(true);
    expect(plan.delta).toBeLessThan(2 ** -8);
  });

  test.each([
    ['labels of 5 million rows', labels, 'counts-24'],
    ['8-bit gradients of 5 million rows', gradients, 'counts-32'],
  ])('histograms: %s hide the noise to 2^-40', (_, facts, name) => {
    const { plan, q, t, largestSum } = bounds(facts);
    expect(plan.shape.set).toBe(name);
    expect(2n * largestSum < t).toBe(true);
    const wanted = BigInt(plan.shape.wanted.reduce((sum, bins) => sum + bins, 0));
    expect(2n * (plan.noise + 1n) * t * wanted * 2n ** 40n <= q).toBe(true);
    expect(plan.delta * Number(wanted)).toBeLessThanOrEqual(2 ** -40);
  });

  test('three platforms behind each other: each pass is in the bound', () => {
    const { plan, t, q } = bounds({ ...regression, passes: 3 });
    const passed = 3n * (freshZeroNoise(productSet(plan.shape.set)) + 1n);
    expect(plan.noise >= 400_000n * BigInt(plan.shape.stride) * 2047n * passed).toBe(true);
    expect(4n * t * (plan.noise + 1n) <= q).toBe(true);
    expect(plan.shape.stride).toBeLessThan(productParameters(regression).shape.stride);
  });
});

test('the range is used to its last integer and not beyond', () => {
  for (const name of productSetNames.filter((of) => of.startsWith('product'))) {
    const { plainModulus } = productSet(name);
    const most = Math.floor((plainModulus - 1) / 2);
    const facts = (maxAbsVector: number): ProductFacts => ({
      rows: 1,
      matrix: { form: 'dense', columns: 1, maxAbs: 1 },
      maxAbsVector,
      learner: 'function-holder',
    });
    expect(productParameters(facts(most)).shape.set).toBe(name);
    expect(productParameters(facts(most + 1)).shape.set).not.toBe(name);
  }
});

test('more coefficients for the key holder take a larger modulus, then none', () => {
  const facts = (wantedInJob: number): ProductFacts => ({ ...gradients, rows: 100_000, wantedInJob });
  const few = productParameters({ ...facts(1), rows: 1000, maxAbsVector: 1 });
  expect(few.shape.set).toMatch(/^product/);
  expect(productParameters(facts(1_000_000)).shape.set).toMatch(/^counts/);
  expect(() => productParameters(facts(2 ** 40))).toThrowError(
    expect.objectContaining({ code: 'PRODUCT_RANGE' }),
  );
});

test.each<[string, Partial<ProductFacts>]>([
  ['no rows', { rows: 0 }],
  ['half a row', { rows: 1.5 }],
  ['no columns', { matrix: { form: 'dense', columns: 0, maxAbs: 1 } }],
  ['no features', { matrix: { form: 'histogram', bins: [] } }],
  ['a feature without bins', { matrix: { form: 'histogram', bins: [3, 0] } }],
  ['256 bins', { matrix: { form: 'histogram', bins: [256] } }],
  ['entries beyond the kernel', { matrix: { form: 'dense', columns: 1, maxAbs: 2 ** 14 + 1 } }],
  ['not a number', { maxAbsVector: Number.NaN }],
  ['negative passes', { passes: -1 }],
  ['more rows than any t holds', { rows: 2 ** 26, maxAbsVector: 2 ** 30 }],
])('refused: %s', (_, change) => {
  expect(() => productParameters({ ...regression, ...change })).toThrowError(
    expect.objectContaining({ code: 'PRODUCT_RANGE' }),
  );
});

test('plain moduli are primes ≡ 1 mod 2N below their power of two, and no prime of q (Fermat to four bases)', () => {
  for (const name of productSetNames) {
    const set = productSet(name);
    const t = BigInt(set.plainModulus);
    expect(t % BigInt(2 * set.degree)).toBe(1n);
    expect(Math.ceil(Math.log2(set.plainModulus))).toBe(Number(name.split('-')[1]));
    expect(set.primes).not.toContain(t);
    for (const witness of [2n, 3n, 7n, 11n]) expect(power(witness, t - 1n, t)).toBe(1n);
  }
});

test('the stride has the fewest bytes of all strides', () => {
  const set = productSet('product-43');
  const polynomial = (4096 * 3 * 30) / 8;
  const bytes = (rows: number, columns: number, s: number) => {
    const up = Math.ceil(rows / Math.floor(4096 / s)) * (64 + polynomial);
    let down = 0;
    for (let done = 0; done < columns; done += s) {
      down += polynomial + 4 * Math.ceil((Math.min(s, columns - done) * 3 * 30) / 32);
    }
    return up + down;
  };
  for (const [rows, columns] of [
    [100_000, 300],
    [100_000, 30],
    [400_000, 300],
    [1, 1],
    [5000, 7],
    [50_000, 2000],
  ] as const) {
    const chosen = chooseStride({ set, rows, columns });
    for (let s = 1; s <= Math.min(columns, 64); s++) {
      expect(bytes(rows, columns, chosen)).toBeLessThanOrEqual(bytes(rows, columns, s));
    }
    const plan = productParameters({ ...regression, rows, matrix: { form: 'dense', columns, maxAbs: 2 } });
    const { vector, answer } = shapeBytes(plan.shape);
    expect(vector + answer).toBe(bytes(rows, columns, plan.shape.stride));
    expect(plan.bytes).toBe(vector + answer);
  }
});

test.each(['product-43', 'counts-36'] as const)(
  'a fresh zero of %s is within its noise bound',
  async (name) => {
    const set = productSet(name);
    const key = (await makeSecretKey(name)).reveal();
    const zeros = await FreshZeros.open(name, await makePublicKey(name, key));
    const secret = ternary(key, set.degree);
    const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
    const words = new Uint32Array(2 * set.degree * set.dataPrimes.length);
    zeros.addTo(words, new Uint32Array(words.length));
    const noises = phases(set, words, secret, [...new Array(200).keys()]).map((phase) =>
      phase > q / 2n ? q - phase : phase,
    );
    expect(noises.some((noise) => noise > 0n)).toBe(true);
    expect(noises.every((noise) => noise <= freshZeroNoise(set))).toBe(true);
    zeros.close();
    // Another key does not open it: the words hold noise for this key alone.
    const stranger = await ProductCipher.open(name, (await makeSecretKey(name)).reveal());
    const opened = new Float64Array(8);
    stranger.decrypt(words, 8, opened, 0);
    expect(opened.some((value) => value !== 0)).toBe(true);
    stranger.close();
  },
);
