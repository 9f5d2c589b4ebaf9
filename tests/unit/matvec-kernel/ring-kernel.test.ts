import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { RingKernel, type RingShape } from '../../../crypto/matvec/engine/index.js';
import { differsAt, largestWords, randomWords, schoolbook } from './plain-products.js';
import { literals, type SealOracle, sealOracle } from './seal-oracle.js';

const random = (length: number, below: number) =>
  Array.from({ length }, () => randomInt(2 * below + 1) - below);

describe.each(Object.entries(literals))('ring kernel against SEAL, %s ring', (_, literal) => {
  let seal: SealOracle;
  let kernel: RingKernel;
  beforeAll(async () => {
    seal = await sealOracle(literal);
    kernel = new RingKernel(seal.shape);
  });

  test("transform is SEAL's, in SEAL's order, and transformBack undoes it", () => {
    const half = seal.shape.primes.length * seal.shape.degree;
    for (const words of [randomWords(seal.shape), largestWords(seal.shape)]) {
      const expected = seal.transformed(words);
      for (const start of [0, half]) {
        const poly = words.slice(start, start + half);
        kernel.transform(poly);
        expect(differsAt(poly, expected.slice(start, start + half))).toBe(-1);
        kernel.transformBack(poly);
        expect(differsAt(poly, words.slice(start, start + half))).toBe(-1);
      }
    }
  });

  test("multiply is SEAL's multiplyPlain, at random and at the ends of the range", () => {
    const { degree } = seal.shape;
    const largest = 2 ** 29;
    const plaintexts = [
      random(degree, largest),
      new Array<number>(degree).fill(largest),
      new Array<number>(degree).fill(-largest),
    ];
    for (const words of [randomWords(seal.shape), largestWords(seal.shape)]) {
      for (const plaintext of plaintexts) {
        const product = kernel.multiply(words, Int32Array.from(plaintext));
        expect(differsAt(product, seal.product(words, plaintext))).toBe(-1);
      }
    }
  });
});

describe('ring kernel by itself', () => {
  // Primes ≡ 1 mod 8192 of other lengths than SEAL's sets have, and fewer of them than lanes.
  const shapes: RingShape[] = [
    { degree: 4096, primes: [40961] },
    { degree: 4096, primes: [1073692673, 65537] },
    { degree: 8192, primes: [1073643521] },
  ];

  test.each(shapes)('multiply is the schoolbook product in $degree, $primes', (shape) => {
    const kernel = new RingKernel(shape);
    const plaintext = new Array<number>(shape.degree).fill(0);
    for (let k = 0; k < 12; k++) plaintext[randomInt(shape.degree)] = randomInt(65537) - 32768;
    plaintext[0] = 16384;
    plaintext[shape.degree - 1] = -16384;
    const words = randomWords(shape);
    const product = kernel.multiply(words, Int32Array.from(plaintext));
    expect(differsAt(product, schoolbook(shape, words, plaintext))).toBe(-1);
  });

  test('products are linear in the plaintext and in the ciphertext', () => {
    const shape = shapes[1]!;
    const kernel = new RingKernel(shape);
    const value = fc.integer({ min: -16384, max: 16384 });
    const sparse = fc.array(fc.tuple(fc.nat(shape.degree - 1), value), { maxLength: 40 }).map((terms) => {
      const values = new Int32Array(shape.degree);
      for (const [k, x] of terms) values[k] = x;
      return values;
    });
    fc.assert(
      fc.property(sparse, sparse, (p, q) => {
        const [c, d] = [randomWords(shape), randomWords(shape)];
        const left = kernel.multiply(
          c,
          p.map((x, k) => x + q[k]!),
        );
        const right = kernel.multiply(c, p);
        kernel.add(right, kernel.multiply(c, q));
        expect(differsAt(left, right)).toBe(-1);
        kernel.subtract(right, kernel.multiply(c, q));
        kernel.add(right, kernel.multiply(d, p));
        kernel.add(c, d);
        expect(differsAt(kernel.multiply(c, p), right)).toBe(-1);
      }),
      { numRuns: 10 },
    );
  });

  test('addScaled adds values times a factor', () => {
    const shape = shapes[1]!;
    const kernel = new RingKernel(shape);
    const half = shape.primes.length * shape.degree;
    const poly = randomWords(shape).slice(0, half);
    const values = Int32Array.from(random(shape.degree, 65536));
    const factors = shape.primes.map((prime) => prime - 1 - randomInt(1000));
    const expected = poly.map((word, k) => {
      const lane = Math.floor(k / shape.degree);
      const prime = BigInt(shape.primes[lane]!);
      const total = BigInt(word) + BigInt(values[k % shape.degree]!) * BigInt(factors[lane]!);
      return Number(((total % prime) + prime) % prime);
    });
    kernel.addScaled(poly, values, factors);
    expect(differsAt(poly, expected)).toBe(-1);
  });

  test('refuses rings it cannot work in, and operands of another ring', () => {
    const bad = [
      { degree: 2048, primes: [40961] },
      { degree: 4096, primes: [] },
      { degree: 4096, primes: [40961, 40961] },
      { degree: 8192, primes: [40961] },
      { degree: 4096, primes: [2 ** 30 + 8192 * 3 + 1] },
      { degree: 4096, primes: [40961, 65537, 114689, 147457, 163841] },
    ] as unknown as RingShape[];
    for (const shape of bad) {
      expect(() => new RingKernel(shape)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
    const kernel = new RingKernel(shapes[0]!);
    const refused = expect.objectContaining({ code: 'INTERNAL' });
    expect(() => kernel.transform(new Uint32Array(8192))).toThrow(refused);
    expect(() => kernel.add(new Uint32Array(4096), new Uint32Array(8192))).toThrow(refused);
    expect(() => kernel.add(new Uint32Array(64), new Uint32Array(64))).toThrow(refused);
    expect(() => kernel.multiply(new Uint32Array(8192), new Int32Array(64))).toThrow(refused);
  });
});
