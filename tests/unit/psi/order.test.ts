import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { secretOrder } from '../../../crypto/psi/order.js';

const seedOf = (fill: number) => new Secret(new Uint8Array(32).fill(fill));

describe('the secret order', () => {
  test('is a permutation, and a function of the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9000 }), fc.nat(255), (count, fill) => {
        const order = secretOrder(seedOf(fill), count);
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, k) => k));
        expect(secretOrder(seedOf(fill), count)).toEqual(order);
      }),
      { numRuns: 40 },
    );
  });

  test('differs between seeds', () => {
    expect(secretOrder(seedOf(1), 50)).not.toEqual(secretOrder(seedOf(2), 50));
  });

  test('all 24 orders of four rows come equally often', () => {
    const seen = new Map<string, number>();
    const draws = 4800;
    for (let k = 0; k < draws; k++) {
      const order = secretOrder(new Secret(Uint8Array.from(randomBytes(32))), 4).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    // Chi-square with 23 degrees of freedom: above 70 with chance 1.4e-6.
    const expected = draws / 24;
    const chiSquare = [...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(70);
  });
});
