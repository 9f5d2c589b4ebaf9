import { readFileSync } from 'node:fs';
import { CodedError, workerBeside } from '../../../contract/core.js';

/** A byte address in the memory of one instance. */
export type Address = number;

/** What assembly/index.ts exports; ranges and layouts are stated there. */
export interface RingExports {
  readonly memory: WebAssembly.Memory;
  setup(degree: number, q0: number, q1: number, q2: number, q3: number): void;
  reserve(bytes: number): Address;
  loadResidues(words: Address, poly: Address): void;
  storeResidues(poly: Address, words: Address): void;
  liftSigned(values: Address, poly: Address): void;
  scaleSigned(values: Address, factors: Address, poly: Address): void;
  forward(poly: Address): void;
  inverse(poly: Address): void;
  /** 0: all zero; 1: some are not; 2: a value is beyond ±2^14. */
  denseCoefficients(
    columns: Address,
    columnBytes: number,
    rows: number,
    width: number,
    stride: number,
    coefficients: Address,
  ): number;
  transformSmall(coefficients: Address, poly: Address): void;
  /** How many monomials; -1: a bin is neither < stride nor 255. */
  oneHotEntries(bins: Address, rows: number, stride: number, entries: Address): number;
  oneHot(entries: Address, count: number, poly: Address): void;
  polyBytes(): number;
  expandUniform(seed: Address, primes: Address, primeCount: number, words: Address): void;
  binomial(random: Address, values: Address): void;
  toMontgomery(poly: Address): void;
  multiplyPolys(poly: Address, factor: Address, to: Address): void;
  addSigned(poly: Address, values: Address): void;
  negate(poly: Address): void;
  divideByPrime(poly: Address, rest: Address, prime: number, constants: Address): void;
  joinPair(first: Address, second: Address, pair: Address, width: number): void;
  splitSum(sum: Address, first: Address, second: Address): void;
  accumulate(
    plain: Address,
    plainStride: number,
    pair: Address,
    width: number,
    terms: number,
    sum: Address,
  ): void;
  accumulateOneHots(
    entries: Address,
    entryBytes: number,
    outputs: number,
    pair: Address,
    width: number,
    terms: number,
    sums: Address,
    sumStride: number,
    scratch: Address,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernel as `npm run build` compiled it; the same module for every instance and thread of this process. */
export function ringModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const path = workerBeside(import.meta.url, 'ring.wasm');
    try {
      compiled = new WebAssembly.Module(readFileSync(path));
    } catch (cause) {
      throw new CodedError('INTERNAL', `no ring kernel in ${path}: run npm run build`, { cause });
    }
  }
  return compiled;
}

export function instantiate(module: WebAssembly.Module): RingExports {
  return new WebAssembly.Instance(module, {}).exports as unknown as RingExports;
}
