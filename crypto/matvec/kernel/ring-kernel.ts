import { CodedError } from '../../../contract/core.js';
import {
  type CipherWords,
  checkedShape,
  cipherLength,
  pairBytes,
  polyLength,
  type RingShape,
} from './shape.js';
import { type Address, instantiate, type RingExports, ringModule } from './wasm.js';

/** Keeps polynomials that lie in a row off distances that are multiples of 4 KiB. */
const gapBytes = 64;
/** From one coefficient of a pair to the next, where no other pairs lie between. */
const loneWidth = 32;

/**
 * Arithmetic in one ring on the calling thread. Polynomials are prime-major residues in [0, prime), as in `CipherWords`.
 * A method takes 0.05 to 0.5 ms; products of many terms belong to the engine.
 */
export class RingKernel {
  readonly shape: RingShape;
  /** The instance itself, for callers that keep data in its memory. */
  readonly ring: RingExports;
  /** From one polynomial, or sum, to the next, where several lie in a row. */
  readonly polyStride: number;
  readonly sumStride: number;
  readonly #words: Address;
  readonly #polys: readonly [Address, Address, Address];
  readonly #pairs: readonly [Address, Address];

  /** @throws {CodedError} INTERNAL for a shape that is out of range, or when the kernel is not built. */
  constructor(shape: RingShape, module: WebAssembly.Module = ringModule()) {
    this.shape = checkedShape(shape);
    const ring = instantiate(module);
    const [q0 = 0, q1 = 0, q2 = 0, q3 = 0] = shape.primes;
    ring.setup(shape.degree, q0, q1, q2, q3);
    this.ring = ring;
    this.polyStride = ring.polyBytes() + gapBytes;
    this.sumStride = pairBytes(shape) + gapBytes;
    this.#words = ring.reserve(4 * cipherLength(shape));
    this.#polys = [
      ring.reserve(this.polyStride),
      ring.reserve(this.polyStride),
      ring.reserve(this.polyStride),
    ];
    this.#pairs = [ring.reserve(this.sumStride), ring.reserve(this.sumStride)];
  }

  /** Transforms a polynomial in place: coefficients to values at SEAL's points, in SEAL's order. */
  transform(poly: Uint32Array): void {
    this.#onPoly(poly, (at) => this.ring.forward(at));
  }

  /** Undoes `transform`. */
  transformBack(poly: Uint32Array): void {
    this.#onPoly(poly, (at) => this.ring.inverse(at));
  }

  /** Adds to a polynomial, or to a ciphertext when both have its length. */
  add(sum: Uint32Array, addend: Uint32Array): void {
    this.#eachPrime(sum, addend, (a, b, prime) => (a + b >= prime ? a + b - prime : a + b));
  }

  /** Subtracts likewise. */
  subtract(difference: Uint32Array, subtrahend: Uint32Array): void {
    this.#eachPrime(difference, subtrahend, (a, b, prime) => (a >= b ? a - b : a + prime - b));
  }

  /**
   * Adds values · factor to a polynomial.
   * @param values N integers, |value| below every prime
   * @param factors one per prime, in [0, prime)
   */
  addScaled(poly: Uint32Array, values: Int32Array, factors: readonly number[]): void {
    this.#wantLength(values, this.shape.degree);
    const table = this.#pairs[0];
    const view = this.#view(table, 8);
    this.shape.primes.forEach((prime, lane) => {
      const factor = factors[lane] ?? 0;
      view[lane] = factor;
      view[4 + lane] = Number((BigInt(factor) << 32n) / BigInt(prime));
    });
    new Int32Array(this.ring.memory.buffer, this.#words, values.length).set(values);
    this.ring.scaleSigned(this.#words, table, this.#polys[0]);
    this.ring.storeResidues(this.#polys[0], this.#words);
    this.add(poly, this.#view(this.#words, polyLength(this.shape)));
  }

  /** A ciphertext times a plaintext polynomial of N integers, |value| below every prime. */
  multiply(cipher: CipherWords, plaintext: Int32Array): CipherWords {
    this.#wantLength(cipher, cipherLength(this.shape));
    this.#wantLength(plaintext, this.shape.degree);
    const { ring } = this;
    const [pair, sum] = this.#pairs;
    const plain = this.#polys[2];
    this.transformCipher(cipher, pair, loneWidth);
    new Int32Array(ring.memory.buffer, this.#words, plaintext.length).set(plaintext);
    ring.liftSigned(this.#words, plain);
    ring.forward(plain);
    this.clear(sum);
    ring.accumulate(plain, this.polyStride, pair, loneWidth, 1, sum);
    return this.cipherOf(sum);
  }

  /** Writes a ciphertext as a transformed pair in Montgomery form, its coefficients `width` bytes apart. */
  transformCipher(cipher: CipherWords, pair: Address, width: number): void {
    const { ring } = this;
    const [first, second] = this.#polys;
    this.#view(this.#words, cipher.length).set(cipher);
    ring.loadResidues(this.#words, first);
    ring.loadResidues(this.#words + 4 * polyLength(this.shape), second);
    ring.forward(first);
    ring.forward(second);
    ring.joinPair(first, second, pair, width);
  }

  /** The ciphertext of a sum. */
  cipherOf(sum: Address): CipherWords {
    const { ring } = this;
    const [first, second] = this.#polys;
    ring.splitSum(sum, first, second);
    ring.inverse(first);
    ring.inverse(second);
    ring.storeResidues(first, this.#words);
    ring.storeResidues(second, this.#words + 4 * polyLength(this.shape));
    return this.#view(this.#words, cipherLength(this.shape)).slice();
  }

  /** Sets a sum to zero. */
  clear(sum: Address): void {
    new Uint8Array(this.ring.memory.buffer, sum, pairBytes(this.shape)).fill(0);
  }

  #onPoly(poly: Uint32Array, run: (at: Address) => void): void {
    this.#wantLength(poly, polyLength(this.shape));
    const at = this.#polys[0];
    const words = this.#view(this.#words, poly.length);
    words.set(poly);
    this.ring.loadResidues(this.#words, at);
    run(at);
    this.ring.storeResidues(at, this.#words);
    poly.set(words);
  }

  #eachPrime(
    to: Uint32Array,
    from: Uint32Array,
    combine: (a: number, b: number, prime: number) => number,
  ): void {
    const { degree, primes } = this.shape;
    const length = polyLength(this.shape);
    this.#wantLength(to, from.length);
    if (to.length !== length) this.#wantLength(to, 2 * length);
    for (let start = 0; start < to.length; start += degree) {
      const prime = primes[(start / degree) % primes.length]!;
      for (let j = start; j < start + degree; j++) to[j] = combine(to[j]!, from[j]!, prime);
    }
  }

  #view(at: Address, words: number): Uint32Array {
    return new Uint32Array(this.ring.memory.buffer, at, words);
  }

  #wantLength(values: { readonly length: number }, length: number): void {
    if (values.length !== length) {
      throw new CodedError('INTERNAL', `the kernel takes ${length} values here, not ${values.length}`);
    }
  }
}
