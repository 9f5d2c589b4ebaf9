import { randomFillSync } from 'node:crypto';
import {
  type CipherWords,
  type Columns,
  type RingShape,
  rowsPerBlock,
} from '../../../crypto/matvec/engine/index.js';

/** The definitions of PROTOCOLS §5, written down as plainly as possible. */

/** Coefficients of P_(output, block). */
export function plaintextOf(shape: RingShape, columns: Columns, output: number, block: number): number[] {
  const { degree } = shape;
  const { stride, rows } = columns;
  const coefficients = new Array<number>(degree).fill(0);
  const add = (exponent: number, value: number) => {
    const at = exponent < 0 ? exponent + degree : exponent;
    coefficients[at] = coefficients[at]! + (exponent < 0 ? -value : value);
  };
  const perBlock = rowsPerBlock(shape, stride);
  for (let i = 0; i < perBlock && block * perBlock + i < rows; i++) {
    const row = block * perBlock + i;
    if (columns.kind === 'histogram') {
      const bin = columns.bins[output * rows + row]!;
      if (bin !== 255) add(bin - i * stride, 1);
    } else {
      for (let f = 0; f < stride && output * stride + f < columns.columns; f++) {
        add(f - i * stride, columns.values[(output * stride + f) * rows + row]!);
      }
    }
  }
  return coefficients;
}

/** One prime, one polynomial times another: Σ a_j b_k x^(j+k) with x^N = -1, zero coefficients of b left out. */
export function negacyclic(a: readonly bigint[], b: readonly number[], prime: bigint): bigint[] {
  const degree = a.length;
  const product = new Array<bigint>(degree).fill(0n);
  b.forEach((value, k) => {
    if (value === 0) return;
    const factor = BigInt(value);
    a.forEach((coefficient, j) => {
      const at = j + k;
      if (at < degree) product[at]! += coefficient * factor;
      else product[at - degree]! -= coefficient * factor;
    });
  });
  return product.map((value) => ((value % prime) + prime) % prime);
}

/** A ciphertext times a plaintext, polynomial by polynomial and prime by prime. */
export function schoolbook(
  shape: RingShape,
  words: CipherWords,
  coefficients: readonly number[],
): CipherWords {
  const { degree, primes } = shape;
  const product = new Uint32Array(words.length);
  for (let start = 0; start < words.length; start += degree) {
    const prime = BigInt(primes[(start / degree) % primes.length]!);
    const part = negacyclic(Array.from(words.subarray(start, start + degree), BigInt), coefficients, prime);
    product.set(part.map(Number), start);
  }
  return product;
}

export function sum(shape: RingShape, terms: readonly CipherWords[]): CipherWords {
  const { degree, primes } = shape;
  return terms[0]!.map((_, k) => {
    const prime = primes[Math.floor(k / degree) % primes.length]!;
    return Number(terms.reduce((total, words) => total + BigInt(words[k]!), 0n) % BigInt(prime));
  });
}

export function randomWords(shape: RingShape): CipherWords {
  const { degree, primes } = shape;
  const words = randomFillSync(new Uint32Array(2 * primes.length * degree));
  return words.map((word, k) => word % primes[Math.floor(k / degree) % primes.length]!);
}

/** All residues at their largest. */
export function largestWords(shape: RingShape): CipherWords {
  const { degree, primes } = shape;
  return Uint32Array.from(
    { length: 2 * primes.length * degree },
    (_, k) => primes[Math.floor(k / degree) % primes.length]! - 1,
  );
}

/** Index of the first word that differs, or -1; `toEqual` takes seconds for arrays of this size. */
export function differsAt(actual: CipherWords, expected: CipherWords): number {
  if (actual.length !== expected.length) return Math.min(actual.length, expected.length);
  return actual.findIndex((word, k) => word !== expected[k]);
}
