import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type ParameterSet, type ProductSetName, productSet, SEED_BYTES } from '../../../crypto/he/index.js';
import { dataRing } from '../../../crypto/matvec/cipher/cipher-ring.js';
import { SeedExpander } from '../../../crypto/matvec/cipher/index.js';
import { blake2b, seedWord } from './blake2xb.js';
import { SealSeedExpander } from './seal-seed-expander.js';

/**
 * Seeds, a number in 64 little-endian bytes, of which a word is refused, and where it stands. Found by a search through all seeds
 * from 0 on for words of the second prime, which refuses most: in one of 5 million polynomials.
 */
const refusing = [{ name: 'counts-48', seed: 17_431_587, at: 8192 + 4411 }] as const;

function numbered(seed: number): Uint8Array {
  const bytes = new Uint8Array(SEED_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seed), true);
  return bytes;
}

/** SEAL 4.1, sample_poly_uniform: words from here on are refused. */
function limitOf(prime: bigint): bigint {
  const most = 2n ** 64n - 1n;
  return most - (most % prime) - 1n;
}

const primeAt = (set: ParameterSet, at: number): bigint => set.primes[Math.floor(at / set.degree)]!;

test('the oracle of words is BLAKE2b as OpenSSL computes it', () => {
  for (const length of [1, 64, 127, 128]) {
    const message = new Uint8Array(randomBytes(length));
    const digest = createHash('blake2b512').update(message).digest();
    expect(Buffer.compare(blake2b([0x0101_0040n], [message]), digest)).toBe(0);
  }
});

test.each(['product-43', 'counts-48'] as const)(
  'public keys of %s expand their seeds as SEAL does, the special prime included',
  async (name: ProductSetName) => {
    const set = productSet(name);
    const seal = await SealSeedExpander.open(name);
    for (let trial = 0; trial < 5; trial++) {
      const seed = new Uint8Array(randomBytes(SEED_BYTES));
      const mine = dataRing(set).expand(seed, set.primes.length).slice();
      expect(same(mine, seal.expandKey(seed))).toBe(true);
      for (const at of [0, 511, 512, set.degree, mine.length - 1]) {
        expect(BigInt(mine[at]!)).toBe(seedWord(seed, at) % primeAt(set, at));
      }
    }
    seal.close();
  },
);

describe.each(refusing)('seed $seed of $name, word $at', ({ name, seed: number, at }) => {
  const set = productSet(name);
  const seed = numbered(number);
  const prime = primeAt(set, at);
  const refused = seedWord(seed, at);

  /** What stands in the place of the refused word: the first that is drawn behind all of them. */
  const expectDrawnAgain = (words: Uint32Array) => {
    const next = seedWord(seed, words.length);
    expect(next).toBeLessThan(limitOf(prime));
    expect(BigInt(words[at]!)).toBe(next % prime);
    expect(next % prime).not.toBe(refused % prime);
  };

  test('SEAL refuses the word', () => {
    expect(refused).toBeGreaterThanOrEqual(limitOf(prime));
  });

  test('a ciphertext: another word is drawn behind all, and every residue is the one of SEAL', async () => {
    const seal = await SealSeedExpander.open(name);
    const length = set.degree * set.dataPrimes.length;
    const [mine, theirs] = [new Uint32Array(length), new Uint32Array(length)];
    new SeedExpander(name).expand(seed, mine, 0);
    seal.expand(seed, theirs, 0);
    seal.close();
    expect(same(mine, theirs)).toBe(true);
    expectDrawnAgain(theirs);
  });

  test('a public key: the same behind the words of the special prime', async () => {
    const seal = await SealSeedExpander.open(name);
    const theirs = seal.expandKey(seed);
    seal.close();
    expect(same(dataRing(set).expand(seed, set.primes.length), theirs)).toBe(true);
    expectDrawnAgain(theirs);
  });
});

function same(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, k) => word === b[k]);
}
