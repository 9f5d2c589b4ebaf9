import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../contract/index.js';
import { packedBytes, packWords, unpackWords, wordsBelow } from '../../../crypto/he/packing.js';
import { BlockAdder, parameterSet } from '../../../crypto/he/public.js';
import { scalerOf } from '../../../crypto/he/scaling.js';
import {
  chooseParameterSet,
  decodeShares,
  dequantise,
  encodeShares,
  maxAbsFor,
  proveRange,
  quantise,
  quantisedMax,
} from '../../../crypto/secure-sum/index.js';
import { Parties, plainSum } from '../../unit/crypto-sum/parties.js';

const setNames = fc.constantFrom('narrow' as const, 'wide' as const);
const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

test('the opened sum is the sum of the vectors, bit for bit, for 3 to 8 participants at the range limits', async () => {
  await fc.assert(
    fc.asyncProperty(
      setNames,
      fc.integer({ min: 3, max: 8 }).chain((n) =>
        fc.tuple(
          fc.constant(n),
          fc.integer({ min: 1, max: 60 }).chain((count) =>
            fc.array(
              // Fractions of the bound, with the limits themselves often.
              fc.array(fc.oneof(fc.constantFrom(-1, 0, 1), fc.double({ min: -1, max: 1, noNaN: true })), {
                minLength: count,
                maxLength: count,
              }),
              { minLength: n, maxLength: n },
            ),
          ),
        ),
      ),
      async (set, [n, fractions]) => {
        const parties = await Parties.of(n, set);
        const maxAbs = maxAbsFor(set, n);
        const vectors = fractions.map((row) =>
          Float64Array.from(row, (part) => Math.trunc(part * maxAbs) + 0),
        );
        const count = vectors[0]!.length;
        const opened = await parties.open(await parties.add(await parties.uploads(vectors), count), count);
        expect([...opened]).toEqual([...plainSum(vectors)].map((value) => value + 0));
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

describe('bit packing', () => {
  test('unpack inverts pack, for every width and count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 33, max: 62 }).chain((bits) =>
          fc.tuple(
            fc.constant(bits),
            fc.array(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), {
              minLength: 1,
              maxLength: 70,
            }),
          ),
        ),
        ([bits, values]) => {
          const words = Uint32Array.from(
            values.flatMap((value) => [Number(value & 0xffffffffn), Number(value >> 32n)]),
          );
          const packed = new Uint32Array(packedBytes(values.length, bits) / 4 + 1);
          packWords(words, values.length, bits, packed);
          const stream = values.reduce((all, value, k) => all | (value << BigInt(k * bits)), 0n);
          const expected = packed.reduceRight((all, word) => (all << 32n) | BigInt(word), 0n);
          expect(expected).toBe(stream);
          const back = new Uint32Array(words.length);
          expect(unpackWords(packed, values.length, bits, back)).toBe(true);
          expect(back).toEqual(words);
        },
      ),
    );
  });

  test('a set padding bit is noticed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 62 }), fc.integer({ min: 1, max: 40 }), (bits, count) => {
        const padding = (32 - ((count * bits) % 32)) % 32;
        fc.pre(padding > 0);
        const packed = new Uint32Array(packedBytes(count, bits) / 4 + 1);
        packed[packed.length - 2] = 0x80000000;
        expect(unpackWords(packed, count, bits, new Uint32Array(2 * count))).toBe(false);
      }),
    );
  });

  test('wordsBelow is <', () => {
    const word = fc.bigInt({ min: 0n, max: (1n << 60n) - 1n });
    fc.assert(
      fc.property(word, word, (value, bound) => {
        for (const candidate of [value, bound, bound + 1n, bound > 0n ? bound - 1n : 0n]) {
          const words = Uint32Array.of(Number(candidate & 0xffffffffn), Number(candidate >> 32n));
          expect(wordsBelow(words, 0, 1, bound)).toBe(candidate < bound);
        }
      }),
    );
  });
});

test('adding a scaled message is round(q·m/t) mod q to within one unit, in every residue', () => {
  fc.assert(
    fc.property(
      setNames,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (name, a, b) => {
        const set = parameterSet(name);
        const t = BigInt(set.plainModulus);
        const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
        const m = Math.min(set.plainModulus - 1, Math.floor(a * set.plainModulus));
        const words = new Uint32Array(2 * set.degree * set.dataPrimes.length);
        const before = set.dataPrimes.map((prime) => BigInt(Math.floor(b * 2 ** 30)) * (prime >> 30n));
        before.forEach((value, p) => {
          words[2 * p * set.degree] = Number(value & 0xffffffffn);
          words[2 * p * set.degree + 1] = Number(value >> 32n);
        });
        scalerOf(set)(Float64Array.of(m), 1, words);
        const exact = (2n * q * BigInt(m) + t) / (2n * t);
        const offsets = set.dataPrimes.map((prime, p) => {
          const after = BigInt(words[2 * p * set.degree]!) + (BigInt(words[2 * p * set.degree + 1]!) << 32n);
          expect(after < prime).toBe(true);
          const off = (((after - before[p]! - exact) % prime) + prime) % prime;
          return off > prime / 2n ? off - prime : off;
        });
        expect(new Set(offsets).size).toBe(1);
        expect(offsets[0]! >= -1n && offsets[0]! <= 1n).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

describe('quantisation', () => {
  const update = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 50 });

  test('integers stay within b bits, and the mean of n updates comes back to within n rounding units', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(update, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 8, max: 28 }),
        bytes(32),
        (people, bits, seed) => {
          const length = Math.min(...people.map(([values]) => values.length));
          const rules = { clipNorm: 1e6, clipCoordinate: 2, bits, rowsCap: 1000 };
          const vectors = people.map(([values, rows]) =>
            quantise(Float64Array.from(values.slice(0, length)), rows, seed, rules),
          );
          for (const vector of vectors) {
            for (const value of vector) {
              expect(Number.isInteger(value) && Math.abs(value) <= quantisedMax(bits)).toBe(true);
            }
          }
          const totalRows = people.reduce((sum, [, rows]) => sum + rows, 0);
          const mean = dequantise(plainSum(vectors), totalRows, rules);
          const unit = (2 / quantisedMax(bits)) * (1000 / totalRows);
          mean.forEach((value, k) => {
            const exact = people.reduce(
              (sum, [values, rows]) => sum + Math.max(-2, Math.min(2, values[k]!)) * (rows / totalRows),
              0,
            );
            expect(Math.abs(value - exact)).toBeLessThanOrEqual(people.length * unit + 1e-9);
          });
        },
      ),
    );
  });

  test('what the range proof accepts, the parameter set holds', () => {
    fc.assert(
      fc.property(
        setNames,
        fc.integer({ min: 8, max: 48 }),
        fc.integer({ min: 1, max: 255 }),
        (set, bits, n) => {
          try {
            proveRange({ bits, contributors: n, parameterSet: set });
          } catch {
            return;
          }
          const chosen = chooseParameterSet({ maxAbs: quantisedMax(bits), contributors: n });
          expect(set === 'wide' || chosen === 'narrow').toBe(true);
        },
      ),
    );
  });
});

describe('foreign bytes never end in anything but a coded error', () => {
  test('adder', async () => {
    const adder = await BlockAdder.open('narrow');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2048 }), fc.uint8Array({ maxLength: 20_000 }), (count, block) => {
        try {
          adder.add(block, count);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
    );
    fc.assert(
      fc.property(bytes(64 + 16), (block) => {
        try {
          adder.add(block, 2);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SUM_MALFORMED' });
        }
      }),
    );
    adder.close();
  });

  test('shares: decode inverts encode, anything else is refused', () => {
    const share = fc.record({ mask: bytes(33), self: bytes(49) });
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 64 }), (shares) => {
        expect(decodeShares(encodeShares(shares), shares.length)).toEqual(shares);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 70 }), (message, count) => {
        try {
          decodeShares(message, count);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
    );
  });
});
