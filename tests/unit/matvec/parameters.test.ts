import { describe, expect, test } from 'vitest';
import {
  FRESH_SQUARE,
  freshZeroMean,
  freshZeroNoise,
  makePublicKey,
  makeSecretKey,
  productSet,
  productSetNames,
  ROUNDING_BIAS,
  rootAbove,
  spreadScalerOf,
} from '../../../crypto/he/index.js';
import { FreshZeros, ProductCipher, SeedExpander } from '../../../crypto/matvec/cipher/index.js';
import {
  chooseStride,
  EncryptedVector,
  type ProductFacts,
  productParameters,
  shapeBytes,
} from '../../../crypto/matvec/index.js';
import { chineseRemainder, phases, power, ternary } from './oracle.js';

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
  expect(() => productParameters(facts(2 ** 52))).toThrowError(
    expect.objectContaining({ code: 'PRODUCT_RANGE' }),
  );
});

test('a histogram takes the smaller ring where the mean of noise lets it, and nothing is added to its rows', () => {
  const facts: ProductFacts = { ...labels, rows: 100_000 };
  const { shape, delta, noise } = productParameters(facts);
  // With the worst noise, 2^21 against 2^10, this would not hide to 2^-40.
  expect(shape.set).toBe('product-20');
  const { plainModulus, modulus } = productSet(shape.set);
  const wanted = 300 * 16;
  expect(delta * wanted).toBeLessThan(2 ** -40);
  expect(2n * noise * BigInt(plainModulus) * BigInt(wanted) * 2n ** 40n > modulus).toBe(true);
  // A chain, or rows of a dense matrix, are proved by the worst.
  expect(productParameters({ ...facts, passes: 1 }).shape.set).toMatch(/^counts/);
  const own = new EncryptedVector(shape, []);
  expect(() => own.addPlain(new Int32Array(shape.rows))).toThrowError(
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
    const zeros = new FreshZeros(name, await makePublicKey(name, key));
    const secret = ternary(key, set.degree);
    const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
    const words = new Uint32Array(2 * set.degree * set.dataPrimes.length);
    zeros.addTo(words);
    const noises = phases(set, words, secret, [...new Array(200).keys()]).map((phase) =>
      phase > q / 2n ? q - phase : phase,
    );
    expect(noises.some((noise) => noise > 0n)).toBe(true);
    expect(noises.every((noise) => noise <= freshZeroNoise(set))).toBe(true);
    // A mean of 200 is off by a twentieth; the bound is a third above it.
    expect(Number(noises.reduce((sum, noise) => sum + noise, 0n)) / 200).toBeLessThan(
      Number(freshZeroMean(set)),
    );
    // Another key does not open it: the words hold noise for this key alone.
    const stranger = new ProductCipher(name, (await makeSecretKey(name)).reveal());
    const opened = new Float64Array(8);
    stranger.decrypt(words, 8, opened, 0);
    expect(opened.some((value) => value !== 0)).toBe(true);
    stranger.close();
  },
);

describe('what the mean of noise is proved from', () => {
  const set = productSet('product-43');
  const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
  const t = BigInt(set.plainModulus);
  /** Distances of phases from q·m/t, in units of the modulus. */
  const distances = (words: Uint32Array, secret: number[], m: number) =>
    phases(set, words, secret, [...new Array(set.degree).keys()]).map((phase) => {
      const scaled = t * phase - q * BigInt(m);
      return Number(scaled > (t * q) / 2n ? scaled - t * q : scaled) / set.plainModulus;
    });

  test('a sum over equal rows has no noise that grows with their number', async () => {
    // The fraction of q·m/t is 0.4 or so: rounded to the nearest, every row would add as much.
    const fraction = (m: number) => Number((q * BigInt(m)) % t) / set.plainModulus;
    const m = Array.from({ length: 1000 }, (_, at) => at + 1).find(
      (at) => Math.abs(fraction(at) - 0.4) < 0.02,
    )!;
    const key = (await makeSecretKey('product-43')).reveal();
    const cipher = new ProductCipher('product-43', key);
    const length = set.degree * set.dataPrimes.length;
    const words = new Uint32Array(2 * length);
    const seed = cipher.encrypt(
      new Float64Array(set.degree).fill(m),
      0,
      set.degree,
      1,
      words.subarray(0, length),
    );
    const expander = new SeedExpander('product-43');
    expander.expand(Uint8Array.from(seed), words, length);
    const noises = distances(words, ternary(key, set.degree), m);
    expect(noises.every((noise) => Math.abs(noise) <= 22)).toBe(true);
    const sum = noises.reduce((total, noise) => total + noise, 0);
    // Six times its root mean square.
    expect(Math.abs(sum)).toBeLessThan(6 * Math.sqrt(11 * set.degree));
    const square = noises.reduce((total, noise) => total + noise * noise, 0) / set.degree;
    expect(square).toBeGreaterThan(9);
    expect(square).toBeLessThan(1.15 * Number(FRESH_SQUARE));
    cipher.close();
  });

  test('rounding up or down by chance is off by less than a unit, and by nothing in the mean', () => {
    const steps = 1 << 12;
    const chances = Float64Array.from(
      { length: steps },
      (_, at) => ((at + 0.5) / steps) * (1 - 2 ** -20) + 2 ** -21,
    );
    for (const name of ['product-43', 'counts-48'] as const) {
      const of = productSet(name);
      const [modulus, plain] = [of.dataPrimes.reduce((a, b) => a * b, 1n), BigInt(of.plainModulus)];
      const add = spreadScalerOf(of);
      for (const m of [1, 2, 12_345, 2 ** 33 + 7, of.plainModulus - 1, -1, -(2 ** 40)]) {
        const words = new Uint32Array(of.degree * of.dataPrimes.length);
        const value = ((BigInt(m) % plain) + plain) % plain;
        const errors = Array.from(chances, (chance) => {
          words.fill(0);
          add(Float64Array.of(m), 0, 1, 1, words, Float64Array.of(chance));
          const residues = of.dataPrimes.map((_, p) => BigInt(words[p * of.degree]!));
          const scaled = plain * chineseRemainder(residues, of.dataPrimes) - modulus * value;
          return Number(scaled) / of.plainModulus;
        });
        expect(errors.every((error) => Math.abs(error) < 1)).toBe(true);
        const mean = errors.reduce((total, error) => total + error, 0) / steps;
        // One in `steps` is what so few chances can miss.
        expect(Math.abs(mean)).toBeLessThan(1 / steps + ROUNDING_BIAS);
      }
    }
  });

  test('the root above is one, exactly', () => {
    for (const square of [0n, 1n, 3n, 4n, 2n ** 60n - 1n, 2n ** 60n, 2n ** 80n + 1n]) {
      const root = rootAbove(square);
      expect(root * root > square && (root - 1n) * (root - 1n) <= square).toBe(true);
    }
  });
});
