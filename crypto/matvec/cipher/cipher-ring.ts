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
  readonly #wordCount: number;
  readonly #seed: Address;
  readonly #primes: Address;
  readonly #random: Address;
  readonly #values: Address;
  readonly #factor: Address;

  /** @param primes of the kernel: the data primes of the set, or its special one. */
  constructor(set: ParameterSet, primes: readonly bigint[]) {
    const { degree } = set;
    this.set = set;
    this.kernel = new RingKernel({ degree: degree as 4096 | 8192, primes: primes.map(Number) });
    const { ring } = this.kernel;
    this.#wordCount = degree * Math.max(2 * primes.length, set.primes.length);
    this.words = ring.reserve(4 * this.#wordCount);
    this.scratch = [ring.reserve(this.kernel.polyStride), ring.reserve(this.kernel.polyStride)];
    this.#seed = ring.reserve(SEED_BYTES);
    this.#primes = ring.reserve(4 * set.primes.length);
    this.#random = ring.reserve(noiseBytes(degree) + OVERREAD_BYTES);
    this.#values = ring.reserve(4 * degree);
    this.#factor = ring.reserve(this.kernel.polyStride);
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
    this.#bytes(this.#seed, SEED_BYTES).set(seed);
    ring.expandUniform(this.#seed, this.#primes, primes, this.words);
    return this.wordsAt(this.words, primes * this.set.degree);
  }

  /** N errors, each of 42 fair coins: the ones among 21 of them less those among the others. */
  drawErrors(): Int32Array {
    const { degree } = this.set;
    const coins = this.#bytes(this.#random, noiseBytes(degree));
    randomFillSync(coins);
    this.kernel.ring.binomial(this.#random, this.#values);
    coins.fill(0);
    const values = new Int32Array(this.kernel.ring.memory.buffer, this.#values, degree);
    const errors = values.slice();
    values.fill(0);
    return errors;
  }

  /** Adds N signed integers below every prime. */
  addSigned(poly: Address, values: Int32Array): void {
    this.#withValues(values, (at) => this.kernel.ring.addSigned(poly, at));
  }

  /** Transforms N signed integers below every prime. */
  transformSigned(values: Int32Array, poly: Address): void {
    const { ring } = this.kernel;
    this.#withValues(values, (at) => ring.liftSigned(at, poly));
    ring.forward(poly);
  }

  /** poly · factor, still transformed, to another polynomial. */
  multiply(poly: Address, factor: KeptPolynomial, to: Address): void {
    const { ring } = this.kernel;
    this.#bytes(this.#factor, factor.length).set(factor);
    ring.multiplyPolys(poly, this.#factor, to);
  }

  /** A transformed polynomial as a factor of products. */
  keep(poly: Address): KeptPolynomial {
    const { ring, polyStride } = this.kernel;
    ring.toMontgomery(poly);
    return this.#bytes(poly, polyStride).slice();
  }

  /** Overwrites a polynomial. */
  wipe(poly: Address): void {
    this.#bytes(poly, this.kernel.polyStride).fill(0);
  }

  /** Overwrites all that calls leave behind: factors, products, residues. What else is secret they overwrite themselves. */
  wipeAll(): void {
    for (const poly of [...this.scratch, this.#factor]) this.wipe(poly);
    this.wordsAt(this.words, this.#wordCount).fill(0);
  }

  /** What the kernel reads and, being secret, must not keep. */
  #withValues(values: Int32Array, use: (at: Address) => void): void {
    const kept = new Int32Array(this.kernel.ring.memory.buffer, this.#values, values.length);
    kept.set(values);
    use(this.#values);
    kept.fill(0);
  }

  #bytes(at: Address, length: number): Uint8Array {
    return new Uint8Array(this.kernel.ring.memory.buffer, at, length);
  }
}

const rings = new Map<string, CipherRing>();

/** The same instance for everybody on this thread: nothing in it is read by a later call. */
export function dataRing(set: ParameterSet): CipherRing {
  return ringOf(set, set.dataPrimes);
}

export function specialRing(set: ParameterSet): CipherRing {
  return ringOf(set, set.primes.slice(-1));
}

function ringOf(set: ParameterSet, primes: readonly bigint[]): CipherRing {
  const name = `${set.degree}: ${set.primes.join()}, of these ${primes.join()}`;
  let ring = rings.get(name);
  if (ring === undefined) {
    ring = new CipherRing(set, primes);
    rings.set(name, ring);
  }
  return ring;
}
