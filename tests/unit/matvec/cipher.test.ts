import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makePublicKey,
  makeSecretKey,
  type ProductSetName,
  productSet,
  SEED_BYTES,
} from '../../../crypto/he/index.js';
import { dataRing } from '../../../crypto/matvec/cipher/cipher-ring.js';
import {
  FreshZeros,
  ProductCipher,
  SeedExpander,
  scaledRounderOf,
} from '../../../crypto/matvec/cipher/index.js';
import { SpecialDivision } from '../../../crypto/matvec/cipher/special-division.js';
import { chineseRemainder, modulo, phases, rounded, ternary } from './oracle.js';
import { SealFreshZeros } from './seal-fresh-zeros.js';
import { SealProductCipher } from './seal-product-cipher.js';
import { SealSeedExpander } from './seal-seed-expander.js';

/** What the kernel encrypts, expands and decrypts against SEAL 4.1, which it stands in for, and against big integers. */
describe.each(['product-43', 'counts-48'] as const)('ciphertexts of %s', (name: ProductSetName) => {
  const set = productSet(name);
  const length = set.degree * set.dataPrimes.length;
  const t = set.plainModulus;
  const q = set.modulus;
  const everywhere = [...new Array(set.degree).keys()];
  /** Phases take N products each. */
  const some = everywhere.filter((at) => at % 13 === 0);
  let key: Uint8Array;
  let secret: number[];
  let publicKey: Uint8Array;
  let own: ProductCipher;
  let seal: SealProductCipher;
  let sealExpander: SealSeedExpander;

  beforeAll(async () => {
    key = (await makeSecretKey(name)).reveal();
    secret = ternary(key, set.degree);
    publicKey = await makePublicKey(name, key);
    own = new ProductCipher(name, key);
    seal = await SealProductCipher.open(name, key);
    sealExpander = await SealSeedExpander.open(name);
  });
  afterAll(() => {
    own.close();
    seal.close();
    sealExpander.close();
  });

  /** A ciphertext that this encryptor makes, c1 as SEAL expands it. */
  const encrypted = (by: Pick<ProductCipher, 'encrypt'>, values: Float64Array) => {
    const words = new Uint32Array(2 * length);
    const seed = by.encrypt(values, 0, values.length, 1, words.subarray(0, length));
    sealExpander.expand(Uint8Array.from(seed), words, length);
    return words;
  };
  const randomValues = () => Float64Array.from(everywhere, () => randomInt(0, 2 ** 43 - 2 ** 20));
  const opened = (by: Pick<ProductCipher, 'decrypt'>, words: Uint32Array) => {
    const target = new Float64Array(set.degree);
    by.decrypt(words, set.degree, target, 0);
    return target;
  };

  test('seeds expand to the polynomials that SEAL makes of them', () => {
    const expander = new SeedExpander(name);
    for (let trial = 0; trial < 20; trial++) {
      const seed = new Uint8Array(randomBytes(SEED_BYTES));
      const [mine, theirs] = [new Uint32Array(length), new Uint32Array(2 * length)];
      expander.expand(seed, mine, 0);
      sealExpander.expand(seed, theirs, length);
      expect(Buffer.compare(Buffer.from(mine.buffer), Buffer.from(theirs.buffer, 4 * length))).toBe(0);
    }
  });

  test('SEAL opens what the kernel encrypts, and the kernel what SEAL encrypts', () => {
    const values = randomValues();
    expect(opened(seal, encrypted(own, values))).toEqual(values);
    expect(opened(own, encrypted(seal, values))).toEqual(values);
  });

  test('of any ciphertext, also one that nobody encrypted, both open the same', () => {
    for (let trial = 0; trial < 4; trial++) {
      const words = Uint32Array.from({ length: 2 * length }, (_, at) =>
        randomInt(0, Number(set.dataPrimes[Math.floor(at / set.degree) % set.dataPrimes.length])),
      );
      expect(opened(own, words)).toEqual(opened(seal, words));
    }
  });

  test('errors are centred binomial of 21 and 21 coins, like those of SEAL', () => {
    const ways = [...new Array(43).keys()].map((k) => choose(42, k) / 2 ** 42);
    for (const by of [own, seal]) {
      const counts = new Map<number, number>();
      const trials = 8;
      for (let trial = 0; trial < trials; trial++) {
        // Of m = 0: the phase is the error, and rounding adds none.
        for (const phase of phases(set, encrypted(by, new Float64Array(set.degree)), secret, some)) {
          const error = Number(phase > q / 2n ? phase - q : phase);
          counts.set(error, (counts.get(error) ?? 0) + 1);
        }
      }
      expect([...counts.keys()].every((error) => Math.abs(error) <= 21)).toBe(true);
      const total = trials * some.length;
      // Errors beyond 8 are rare and count as one class on each side: 19 classes.
      const classes = new Map<number, { seen: number; due: number }>();
      ways.forEach((chance, k) => {
        const error = k - 21;
        const at = Math.max(-9, Math.min(9, error));
        const { seen, due } = classes.get(at) ?? { seen: 0, due: 0 };
        classes.set(at, { seen: seen + (counts.get(error) ?? 0), due: due + chance * total });
      });
      const distance = [...classes.values()].reduce((sum, { seen, due }) => sum + (seen - due) ** 2 / due, 0);
      // 18 degrees of freedom: beyond 70 once in 10^7.
      expect(distance).toBeLessThan(70);
    }
  });

  test('no two encryptions share a seed or an error', () => {
    const zero = new Float64Array(set.degree);
    const both = [encrypted(own, zero), encrypted(own, zero)];
    const [first, second] = both.map((words) => phases(set, words, secret, some));
    // Two errors are equal once in eight times; all of them never.
    const equal = first!.filter((error, at) => error === second![at]).length;
    expect(equal).toBeLessThan(some.length / 4);
    expect(both[0]!.subarray(length)).not.toEqual(both[1]!.subarray(length));
  });

  test('division by the special prime rounds to the nearest, by big integers', () => {
    const data = dataRing(set);
    const values = Array.from({ length: 64 }, () => BigInt(`0x${randomBytes(24).toString('hex')}`));
    const p = set.primes.at(-1)!;
    const wide = q * p;
    const numbers = [0n, p / 2n, p / 2n + 1n, wide - 1n, wide - p / 2n, ...values].map((v) =>
      modulo(v, wide),
    );
    const residues = new Uint32Array(length);
    const rest = new Uint32Array(set.degree);
    numbers.forEach((x, j) => {
      set.dataPrimes.forEach((prime, k) => {
        residues[k * set.degree + j] = Number(x % prime);
      });
      rest[j] = Number(x % p);
    });
    data.setWords(data.scratch[1], residues);
    const divided = new SpecialDivision(set).divide(data.scratch[1], rest);
    numbers.forEach((x, j) => {
      const due = ((x + p / 2n) / p) % q;
      const residuesOf = set.dataPrimes.map((_, k) => BigInt(divided[k * set.degree + j]!));
      expect(chineseRemainder(residuesOf, set.dataPrimes)).toBe(due);
    });
  });

  test('fresh zeros of kernel and SEAL have phases of the same size, and another c1 each time', async () => {
    const mine = new FreshZeros(name, publicKey);
    const theirs = await SealFreshZeros.open(name, publicKey);
    const scratch = new Uint32Array(2 * length);
    const both = [
      (words: Uint32Array) => mine.addTo(words),
      (words: Uint32Array) => theirs.addTo(words, scratch),
    ];
    const squares = both.map((addTo) => {
      const words = new Uint32Array(2 * length);
      addTo(words);
      const before = words.slice(length);
      const noises = phases(set, words, secret, some).map((x) => Number(x > q / 2n ? x - q : x));
      words.fill(0);
      addTo(words);
      expect(words.subarray(length)).not.toEqual(before);
      return noises.reduce((sum, noise) => sum + noise * noise, 0) / some.length;
    });
    theirs.close();
    // Means of N/13 squares, whose ratio is off by 11 percent at N = 4096: five deviations.
    expect(squares[0]! / squares[1]!).toBeGreaterThan(0.6);
    expect(squares[0]! / squares[1]!).toBeLessThan(1.6);
  });

  test('rounding to t is exact next to halves as well', () => {
    const round = scaledRounderOf(set);
    const primes = set.dataPrimes;
    // The x nearest to (k + 1/2)·q/t, from both sides.
    const near = Array.from({ length: 50 }, () => BigInt(randomInt(0, 2 ** 40))).flatMap((k) => {
      const x = ((2n * k + 1n) * q) / (2n * BigInt(t));
      return [x - 1n, x, x + 1n, x + 2n];
    });
    const anywhere = Array.from({ length: 500 }, () => BigInt(`0x${randomBytes(20).toString('hex')}`));
    for (const x of [0n, 1n, q - 1n, ...near, ...anywhere].map((value) => modulo(value, q))) {
      const residues = Uint32Array.from(primes, (prime) => Number(x % prime));
      expect(round(residues, 0, 1)).toBe(Number(rounded(set, x)));
    }
  });
});

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 0; i < k; i++) ways = (ways * (n - i)) / (i + 1);
  return ways;
}
