import { randomInt } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { makePublicKey, makeSecretKey, productSet, secretCoefficients } from '../../../crypto/he/index.js';
import { CipherRing, dataRing, specialRing } from '../../../crypto/matvec/cipher/cipher-ring.js';
import { FreshZeros, ProductCipher, SeedExpander } from '../../../crypto/matvec/cipher/index.js';
import { phases, ternary } from './oracle.js';

/** What is left of secrets in the memory of the kernel, which lives as long as its thread. */
const name = 'product-43';
const set = productSet(name);
const length = set.degree * set.dataPrimes.length;
const ring = dataRing(set);
let key: Uint8Array;

beforeAll(async () => {
  key = (await makeSecretKey(name)).reveal();
});

const memory = () => Buffer.from(ring.kernel.ring.memory.buffer);
const bytesOf = (values: Int32Array) => Buffer.from(values.buffer);
const polynomial = (of: CipherRing, at: number) =>
  new Uint8Array(of.kernel.ring.memory.buffer, at, of.kernel.polyStride);
const zero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

function encryptedZero(cipher: ProductCipher): Uint32Array {
  const words = new Uint32Array(2 * length);
  const seed = cipher.encrypt(new Float64Array(1), 0, 1, 1, words.subarray(0, length));
  new SeedExpander(name).expand(seed, words, length);
  return words;
}

describe('a key', () => {
  test('once forgotten encrypts and opens nothing: under zeros a ciphertext would be its message', () => {
    const cipher = new ProductCipher(name, key);
    cipher.close();
    const internal = expect.objectContaining({ code: 'INTERNAL' });
    expect(() => encryptedZero(cipher)).toThrowError(internal);
    const target = new Float64Array(1);
    expect(() => cipher.decrypt(new Uint32Array(2 * length), 1, target, 0)).toThrowError(internal);
  });

  test('that was wiped is none: nothing is encrypted under the zeros that are left', () => {
    const wiped = new Secret(key.slice());
    wiped.wipe();
    expect(() => new ProductCipher(name, wiped.reveal())).toThrowError(
      expect.objectContaining({ code: 'COMMITMENT_MISMATCH' }),
    );
  });

  test('once forgotten is nowhere in the kernel, nor what it opened last', () => {
    const cipher = new ProductCipher(name, key);
    const words = Uint32Array.from({ length: 2 * length }, () => randomInt(0, 2 ** 29));
    cipher.decrypt(words, set.degree, new Float64Array(set.degree), 0);
    const apart = new CipherRing(set, set.dataPrimes);
    apart.transformSigned(secretCoefficients(set, key), apart.scratch[0]);
    const kept = Buffer.from(apart.keep(apart.scratch[0]).subarray(0, 256));
    expect(memory().includes(kept)).toBe(true);
    cipher.close();
    expect(memory().includes(kept)).toBe(false);
    expect(zero(polynomial(ring, ring.scratch[0]))).toBe(true);
    expect(zero(polynomial(ring, ring.scratch[1]))).toBe(true);
    expect(ring.wordsAt(ring.words, 2 * length).every((word) => word === 0)).toBe(true);
  });

  test('is in its coefficients nowhere in the kernel, from the start', () => {
    const cipher = new ProductCipher(name, key);
    expect(memory().includes(bytesOf(secretCoefficients(set, key).subarray(0, 64).slice()))).toBe(false);
    cipher.close();
  });
});

describe('coins', () => {
  test('and errors of an encryption are gone when it is done', () => {
    const cipher = new ProductCipher(name, key);
    const words = encryptedZero(cipher);
    const first = [...new Array(48).keys()];
    // The phase of m = 0 is −e.
    const errors = phases(set, words, ternary(key, set.degree), first).map((phase) =>
      Number(phase > set.modulus / 2n ? set.modulus - phase : -phase),
    );
    expect(errors.every((error) => Math.abs(error) <= 21)).toBe(true);
    const bytes = memory();
    expect(bytes.includes(bytesOf(Int32Array.from(errors)))).toBe(false);
    expect(placeOfCoins(bytes, errors)).toBe(-1);
    cipher.close();
  });

  test('of a fresh zero are gone when it is made: u tells what it hides', async () => {
    const zeros = new FreshZeros(name, await makePublicKey(name, key));
    zeros.addTo(new Uint32Array(2 * length));
    for (const each of [ring, specialRing(set)]) {
      expect(zero(polynomial(each, each.scratch[0]))).toBe(true);
    }
  });
});

/** Where six bytes after six give these errors, −1: nowhere. */
function placeOfCoins(bytes: Buffer, errors: readonly number[]): number {
  const at = [...bytes.keys()].find(
    (start) =>
      start + 6 * errors.length <= bytes.length &&
      errors.every((error, k) => errorOf(bytes, start + 6 * k) === error),
  );
  return at ?? -1;
}

function errorOf(bytes: Buffer, at: number): number {
  return ones(bytes.readUIntLE(at, 3) & 0x1fffff) - ones(bytes.readUIntLE(at + 3, 3) & 0x1fffff);
}

function ones(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left >>>= 1) count += left & 1;
  return count;
}
