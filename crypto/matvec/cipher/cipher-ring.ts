import { randomFillSync } from 'node:crypto';
import { type ParameterSet, SEED_BYTES } from '../../he/index.js';
import { type Address, RingKernel } from '../kernel/index.js';

/** A polynomial in the kernel's form, transformed and in Montgomery form, as it is kept outside of the kernel. */
export type KeptPolynomial = Uint8Array;

/** Bytes of randomness of one error polynomial, and what the kernel reads behind them. */
const noiseBytes = (degree: number) => 6 * degree;
const OVERREAD_BYTES = 2;

/**
 * The kernel of one ring with room for encryption, on the calling thread. It does to the bit what SEAL does, given the same
 * coins: polynomials from seeds, errors of the centred binomial distribution, products, division by the special prime
 * (docs/protocols/encrypted-product.md, "Encryption in the kernel").
 */
export class CipherRing {
  readonly set: ParameterSet;
  readonly kernel: RingKernel;
  /** N residues for each data prime, twice. */
  readonly words: Address;
  /** Polynomials that hold something within one call only. */
  readonly scratch: readonly [Address, Address];
  readonly #seed: Address;
  readonly #primes: Address;
  readonly #random: Address;
  readonly #values: Address;
  readonly #factor: Address;
  readonly #coins: Uint8Array;

  /** @param primes of the kernel: the data primes of the set, or its special one. */
  constructor(set: ParameterSet, primes: readonly bigint[]) {
    const { degree } = set;
    this.set = set;
    this.kernel = new RingKernel({ degree: degree as 4096 | 8192, primes: primes.map(Number) });
    const { ring } = this.kernel;
    this.words = ring.reserve(4 * degree * Math.max(2 * primes.length, set.primes.length));
    this.scratch = [ring.reserve(this.kernel.polyStride), ring.reserve(this.kernel.polyStride)];
    this.#seed = ring.reserve(SEED_BYTES);
    this.#primes = ring.reserve(4 * set.primes.length);
    this.#random = ring.reserve(noiseBytes(degree) + OVERREAD_BYTES);
    this.#values = ring.reserve(4 * degree);
    this.#factor = ring.reserve(this.kernel.polyStride);
    this.#coins = new Uint8Array(noiseBytes(degree));
    this.wordsAt(this.#primes, set.primes.length).set(set.primes.map(Number));
  }

  wordsAt(at: Address, count: number): Uint32Array {
    return new Uint32Array(this.kernel.ring.memory.buffer, at, count);
  }

  /** Residues of a polynomial, N for each prime of the kernel, until it is used again. */
  wordsOf(poly: Address): Uint32Array {
    const { ring, shape } = this.kernel;
    ring.storeResidues(poly, this.words);
    return this.wordsAt(this.words, shape.primes.length * shape.degree);
  }

  /** A polynomial of such residues. */
  setWords(poly: Address, residues: Uint32Array): void {
    this.wordsAt(this.words, residues.length).set(residues);
    this.kernel.ring.loadResidues(this.words, poly);
  }

  /** Writes N residues for each of the first `primes` primes, expanded from a seed, to `words`; SEAL's, bit for bit. */
  expand(seed: Uint8Array, primes: number): Uint32Array {
    const { ring } = this.kernel;
    new Uint8Array(ring.memory.buffer, this.#seed, SEED_BYTES).set(seed);
    ring.expandUniform(this.#seed, this.#primes, primes, this.words);
    return this.wordsAt(this.words, primes * this.set.degree);
  }

  /** N errors, each of 42 fair coins: the ones among 21 of them less those among the others. */
  drawErrors(): Int32Array {
    const { ring } = this.kernel;
    randomFillSync(this.#coins);
    new Uint8Array(ring.memory.buffer, this.#random, this.#coins.length).set(this.#coins);
    ring.binomial(this.#random, this.#values);
    return new Int32Array(ring.memory.buffer, this.#values, this.set.degree).slice();
  }

  /** Adds N signed integers below every prime. */
  addSigned(poly: Address, values: Int32Array): void {
    this.#setValues(values);
    this.kernel.ring.addSigned(poly, this.#values);
  }

  /** Transforms N signed integers below every prime. */
  transformSigned(values: Int32Array, poly: Address): void {
    const { ring } = this.kernel;
    this.#setValues(values);
    ring.liftSigned(this.#values, poly);
    ring.forward(poly);
  }

  /** poly · factor, still transformed, to another polynomial. */
  multiply(poly: Address, factor: KeptPolynomial, to: Address): void {
    const { ring } = this.kernel;
    new Uint8Array(ring.memory.buffer, this.#factor, factor.length).set(factor);
    ring.multiplyPolys(poly, this.#factor, to);
  }

  /** A transformed polynomial as a factor of products. */
  keep(poly: Address): KeptPolynomial {
    const { ring, polyStride } = this.kernel;
    ring.toMontgomery(poly);
    return new Uint8Array(ring.memory.buffer, poly, polyStride).slice();
  }

  #setValues(values: Int32Array): void {
    new Int32Array(this.kernel.ring.memory.buffer, this.#values, values.length).set(values);
  }
}

const rings = new Map<string, CipherRing>();

/** The same instance for everybody on this thread: it keeps nothing between calls but what a caller keeps itself. */
export function dataRing(set: ParameterSet): CipherRing {
  return ringOf(`${set.degree} data`, set, set.dataPrimes);
}

export function specialRing(set: ParameterSet): CipherRing {
  return ringOf(`${set.degree} special`, set, set.primes.slice(-1));
}

function ringOf(name: string, set: ParameterSet, primes: readonly bigint[]): CipherRing {
  let ring = rings.get(name);
  if (ring === undefined) {
    ring = new CipherRing(set, primes);
    rings.set(name, ring);
  }
  return ring;
}
