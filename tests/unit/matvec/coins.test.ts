import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { productSet } from '../../../crypto/he/index.js';
import { drawTernary } from '../../../crypto/matvec/cipher/ternary.js';
import { RingKernel } from '../../../crypto/matvec/kernel/index.js';

/** What becomes of random bytes. */
describe.each(['product-43', 'counts-48'] as const)('errors of %s', (name) => {
  const { degree, dataPrimes } = productSet(name);
  const { ring } = new RingKernel({ degree: degree as 4096 | 8192, primes: dataPrimes.map(Number) });
  const random = ring.reserve(6 * degree + 2);
  const values = ring.reserve(4 * degree);

  /** SEAL 4.1, sample_poly_cbd: x[2] and x[5] lose their upper three bits; ones of the first three less those of the others. */
  const due = (x: Uint8Array): number => {
    const ones = [x[0]!, x[1]!, x[2]! & 0x1f, x[3]!, x[4]!, x[5]! & 0x1f].map(
      (byte) => [...byte.toString(2)].filter((bit) => bit === '1').length,
    ) as [number, number, number, number, number, number];
    return ones[0] + ones[1] + ones[2] - ones[3] - ones[4] - ones[5];
  };
  const errorsOf = (coins: Uint8Array): Int32Array => {
    new Uint8Array(ring.memory.buffer, random, coins.length).set(coins);
    ring.binomial(random, values);
    return new Int32Array(ring.memory.buffer, values, degree).slice();
  };

  test('take 42 bits each and no other, as SEAL takes them: every bit alone, all, and random bytes', () => {
    const coins = new Uint8Array(randomBytes(6 * degree));
    const edges = [
      ...Array.from({ length: 48 }, (_, bit) => 1n << BigInt(bit)),
      0n,
      0xffffffffffffn,
      0x000000ffffffn,
      0xffffff000000n,
      0xe00000e00000n,
    ];
    edges.forEach((bits, k) => {
      // Each between coins of others that are all ones, then all zeros.
      for (const [row, around] of [0xff, 0].entries()) {
        const at = 6 * (row * 300 + 2 * k);
        coins.fill(around, at, at + 18);
        coins.set(Buffer.from(bits.toString(16).padStart(12, '0'), 'hex').reverse(), at + 6);
      }
    });
    // The last one, behind which the kernel reads two bytes that are no coins.
    coins.fill(0, 6 * degree - 6);
    new Uint8Array(ring.memory.buffer, random + 6 * degree, 2).fill(0xff);
    const errors = errorsOf(coins);
    const wanted = Array.from({ length: degree }, (_, j) => due(coins.subarray(6 * j, 6 * j + 6)));
    expect([...errors]).toEqual(wanted);
    expect([Math.min(...errors), Math.max(...errors)]).toEqual([-21, 21]);
  });
});

describe('u of a fresh zero', () => {
  test('is uniform on −1, 0, 1 at each of the five places of a byte, whatever stands before', () => {
    const rounds = 40;
    const degree = 4096;
    const pairs = Array.from({ length: 5 }, () => new Array<number>(9).fill(0));
    for (let round = 0; round < rounds; round++) {
      const u = drawTernary(degree);
      expect(u.every((value) => value >= -1 && value <= 1)).toBe(true);
      for (let j = 1; j < degree; j++) pairs[j % 5]![3 * (u[j - 1]! + 1) + u[j]! + 1]!++;
    }
    for (const counts of pairs) {
      const due = counts.reduce((sum, count) => sum + count, 0) / 9;
      const distance = counts.reduce((sum, count) => sum + (count - due) ** 2 / due, 0);
      // 8 degrees of freedom: beyond 50 less than once in 10^7.
      expect(distance).toBeLessThan(50);
    }
  });

  test('is another one each time, and as long as it is asked for', () => {
    for (const degree of [0, 1, 4, 5, 6, 8192]) expect(drawTernary(degree).length).toBe(degree);
    const [first, second] = [drawTernary(8192), drawTernary(8192)];
    const equal = first!.filter((value, j) => value === second![j]).length;
    expect(equal / 8192).toBeGreaterThan(0.28);
    expect(equal / 8192).toBeLessThan(0.39);
  });
});
