import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CodedError } from '../../../contract/index.js';
import {
  PolynomialCodec,
  polynomialBytes,
  sumBlockBytes,
  uploadBlockBytes,
} from '../../../crypto/he/block.js';
import {
  BlockCipher,
  chooseParameterSet,
  makeSecretKey,
  maxAbsFor,
  parameterSet,
} from '../../../crypto/he/index.js';
import { BlockAdder } from '../../../crypto/he/public.js';

const sets = ['narrow', 'wide'] as const;

describe.each(sets)('%s parameter set', (name) => {
  const set = parameterSet(name);
  const t = set.plainModulus;
  let key: Uint8Array;
  let cipher: BlockCipher;
  let adder: BlockAdder;

  beforeAll(async () => {
    key = (await makeSecretKey(name)).reveal();
    cipher = await BlockCipher.open(name, key);
    adder = await BlockAdder.open(name);
  });
  afterAll(() => {
    cipher.close();
    adder.close();
  });

  test('255 contributions of the largest residue add up exactly: the noise proof holds at the limit', () => {
    const top = new Float64Array(set.degree).fill(t - 1);
    for (let k = 0; k < 255; k++) adder.add(cipher.encrypt(top, set.degree), set.degree);
    const opened = new Float64Array(set.degree);
    cipher.decrypt(adder.take(set.degree), set.degree, opened);
    expect(new Set(opened)).toEqual(new Set([t - 255]));
  });

  test('decrypts as an independent BigInt implementation of BFV does', () => {
    const values = Float64Array.from({ length: set.degree }, (_, j) => (j * 2654435761 * 97) % t);
    adder.add(cipher.encrypt(values, set.degree), set.degree);
    adder.add(cipher.encrypt(values, set.degree), set.degree);
    const block = adder.take(set.degree);
    const half = polynomialBytes(set, set.degree);
    const c0 = residuesOf(block.subarray(0, half));
    const c1 = residuesOf(block.subarray(half));
    const secret = Array.from({ length: set.degree }, (_, j) => {
      const code = (key[j >> 2]! >> (2 * (j & 3))) & 3;
      return code === 3 ? -1 : code;
    });
    expect(new Set(secret)).toEqual(new Set([-1, 0, 1]));
    const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
    const T = BigInt(t);
    const sampled = [0, 1, 2, 511, 1024, set.degree - 2, set.degree - 1];
    for (const j of sampled) {
      const residues = set.dataPrimes.map((prime, p) => {
        let phase = c0[p]![j]!;
        for (let i = 0; i < set.degree; i++) {
          // x^N = −1: terms that wrap around change sign.
          const sign = secret[i]! * (i <= j ? 1 : -1);
          if (sign !== 0) phase += BigInt(sign) * c1[p]![(j - i + set.degree) % set.degree]!;
        }
        return ((phase % prime) + prime) % prime;
      });
      const phase = chineseRemainder(residues, set.dataPrimes);
      const message = ((T * phase + q / 2n) / q) % T;
      expect(Number(message)).toBe((2 * values[j]!) % t);
      // Noise of two fresh ciphertexts, in units of q: the proof allows 22 each.
      const noise = phase * T - ((T * phase + q / 2n) / q) * q;
      const scaled = noise < 0n ? -noise : noise;
      expect(scaled <= 2n * 22n * T).toBe(true);
    }
  });

  function residuesOf(bytes: Uint8Array): bigint[][] {
    let stream = 0n;
    const bits = BigInt(set.residueBits);
    const all: bigint[] = [];
    let have = 0n;
    for (const byte of bytes) {
      stream |= BigInt(byte) << have;
      have += 8n;
      while (have >= bits) {
        all.push(stream & ((1n << bits) - 1n));
        stream >>= bits;
        have -= bits;
      }
    }
    return set.dataPrimes.map((_, p) => all.slice(p * set.degree, (p + 1) * set.degree));
  }

  test('every encryption draws its own seed and noise', () => {
    const zero = new Float64Array(set.degree);
    const seeds = Array.from({ length: 20 }, () => Buffer.from(cipher.encrypt(zero, 4)).toString('hex'));
    expect(new Set(seeds.map((hex) => hex.slice(0, 128))).size).toBe(20);
    expect(new Set(seeds.map((hex) => hex.slice(128))).size).toBe(20);
  });

  test('blocks of 1 to N values', () => {
    for (const count of [1, 2, 3, 31, 33, set.degree - 1]) {
      const values = Float64Array.from({ length: set.degree }, (_, j) => (t - 1 - j * 1013) % t);
      const block = cipher.encrypt(values, count);
      expect(block.length).toBe(uploadBlockBytes(set, count));
      adder.add(block, count);
      const sum = adder.take(count);
      expect(sum.length).toBe(sumBlockBytes(set, count));
      const opened = new Float64Array(set.degree);
      cipher.decrypt(sum, count, opened);
      expect(opened.slice(0, count)).toEqual(values.slice(0, count));
    }
  });

  test('malformed blocks are refused and the adder goes on', () => {
    const count = 9;
    const values = new Float64Array(set.degree).fill(5);
    const good = cipher.encrypt(values, count);
    const full = good.slice();
    full.fill(0xff, 64);
    const padded = good.slice();
    padded[padded.length - 1]! |= 0x80;
    const bad = [new Uint8Array(0), good.subarray(0, -1), new Uint8Array([...good, 0]), full, padded];
    adder.add(good, count);
    for (const block of bad) {
      expect(() => adder.add(block, count)).toThrowError(expect.objectContaining({ code: 'SUM_MALFORMED' }));
    }
    adder.add(good, count);
    const sum = adder.take(count);
    const opened = new Float64Array(set.degree);
    cipher.decrypt(sum, count, opened);
    expect(opened.slice(0, count)).toEqual(new Float64Array(count).fill(10));
    const wide = sum.slice().fill(0xff);
    for (const block of [sum.subarray(4), wide, new Uint8Array(0)]) {
      expect(() => cipher.decrypt(block, count, opened)).toThrowError(
        expect.objectContaining({ code: 'SUM_MALFORMED' }),
      );
    }
    // Both polynomials zero: SEAL calls it transparent; it is a well-formed encryption of zero under every key.
    cipher.decrypt(new Uint8Array(sum.length), count, opened);
    expect(opened.slice(0, count)).toEqual(new Float64Array(count));
  });

  test('the largest residue packs, its successor does not', () => {
    const codec = new PolynomialCodec(set);
    const k = set.dataPrimes.length;
    for (const [excess, fits] of [
      [-1n, true],
      [0n, false],
    ] as const) {
      const words = new Uint32Array(2 * k * set.degree);
      set.dataPrimes.forEach((prime, p) => {
        words[2 * p * set.degree] = Number((prime + excess) & 0xffffffffn);
        words[2 * p * set.degree + 1] = Number((prime + excess) >> 32n);
      });
      const bytes = new Uint8Array(polynomialBytes(set, 3));
      codec.pack(words, 3, bytes, 0);
      const back = new Uint32Array(words.length);
      if (fits) {
        codec.unpack(bytes, 3, back);
        expect(back).toEqual(words);
      } else {
        expect(() => codec.unpack(bytes, 3, back)).toThrowError(CodedError);
      }
    }
  });

  test('a malformed key is refused with COMMITMENT_MISMATCH', async () => {
    const notTernary = key.slice();
    notTernary[3] = 0xaa;
    for (const bad of [key.subarray(1), new Uint8Array(0), notTernary]) {
      await expect(BlockCipher.open(name, bad)).rejects.toMatchObject({ code: 'COMMITMENT_MISMATCH' });
    }
  });
});

function chineseRemainder(residues: readonly bigint[], primes: readonly bigint[]): bigint {
  const q = primes.reduce((product, prime) => product * prime, 1n);
  return residues.reduce((sum, residue, p) => {
    const rest = q / primes[p]!;
    let inverse = 1n;
    let base = rest % primes[p]!;
    for (let e = primes[p]! - 2n; e > 0n; e >>= 1n) {
      if (e & 1n) inverse = (inverse * base) % primes[p]!;
      base = (base * base) % primes[p]!;
    }
    return (sum + residue * rest * inverse) % q;
  }, 0n);
}

test('plain moduli are primes ≡ 1 mod 2N (Fermat to three bases)', () => {
  for (const name of sets) {
    const set = parameterSet(name);
    const t = BigInt(set.plainModulus);
    expect(t % BigInt(2 * set.degree)).toBe(1n);
    for (const witness of [2n, 3n, 7n]) {
      let power = 1n;
      let base = witness;
      for (let e = t - 1n; e > 0n; e >>= 1n) {
        if (e & 1n) power = (power * base) % t;
        base = (base * base) % t;
      }
      expect(power).toBe(1n);
    }
  }
  expect(parameterSet('narrow').description).toBe('BFV N=2048 log q=54 t=4294955009');
  expect(parameterSet('wide').description).toBe('BFV N=4096 log q=36+36+17 t=1125899906826241');
});

test('the parameter set is the cheapest whose range holds, at the limits', () => {
  for (const contributors of [1, 3, 7, 255]) {
    const narrow = maxAbsFor('narrow', contributors);
    const wide = maxAbsFor('wide', contributors);
    expect(chooseParameterSet({ maxAbs: narrow, contributors })).toBe('narrow');
    expect(chooseParameterSet({ maxAbs: narrow + 1, contributors })).toBe('wide');
    expect(chooseParameterSet({ maxAbs: wide, contributors })).toBe('wide');
    expect(() => chooseParameterSet({ maxAbs: wide + 1, contributors })).toThrowError(
      expect.objectContaining({ code: 'RANGE_EXCEEDED' }),
    );
  }
  expect(() => chooseParameterSet({ maxAbs: 1, contributors: 1001 })).toThrowError(
    expect.objectContaining({ code: 'RANGE_EXCEEDED' }),
  );
});

test('worker threads seed themselves: two workers never encrypt alike', async () => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.door).then(async ({ BlockCipher }) => {
      const cipher = await BlockCipher.open('narrow', workerData.key);
      parentPort.postMessage(cipher.encrypt(new Float64Array(2048), 1));
      cipher.close();
    });`;
  const key = (await makeSecretKey('narrow')).reveal();
  const door = new URL('../../../dist/crypto/he/index.js', import.meta.url).href;
  const blocks = await Promise.all(
    [0, 1].map(async () => {
      const worker = new Worker(code, { eval: true, workerData: { key, door } });
      const block = await new Promise<Uint8Array>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await worker.terminate();
      return Buffer.from(block).toString('hex');
    }),
  );
  expect(blocks[0]!.slice(0, 128)).not.toBe(blocks[1]!.slice(0, 128));
});
