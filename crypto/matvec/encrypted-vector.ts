import { CodedError } from '../../contract/core.js';
import { spreadScalerOf } from '../he/index.js';
import type { CipherWords, TransformedVector as TransformedBlocks } from './engine/index.js';
import { isFreshHistogram, type ProductShape, parametersOf, polynomialWords, rowsPerBlock } from './shape.js';

/** Signed integers, or residues mod t of masked values: |v| < t. */
export type Integers = Int32Array | Float64Array;

/** A vector under somebody else's key, as a function holder keeps it: 8·N·primes bytes per block. */
export class EncryptedVector {
  readonly shape: ProductShape;
  readonly blocks: readonly CipherWords[];

  constructor(shape: ProductShape, blocks: readonly CipherWords[]) {
    this.shape = shape;
    this.blocks = blocks;
  }

  /**
   * Adds own integers in place, one per row; noise grows by one unit of rounding, which the shape allows each
   * party of a chain once.
   * @throws {CodedError} PRODUCT_RANGE when they are not `rows` integers |v| < t, or when the shape has no room for that
   * noise; nothing is added then.
   */
  addPlain(values: Integers): void {
    if (isFreshHistogram(this.shape)) {
      throw new CodedError('PRODUCT_RANGE', 'a histogram of fresh blocks takes nothing more');
    }
    checkIntegers(this.shape, values);
    const set = parametersOf(this.shape);
    const add = spreadScalerOf(set);
    const perBlock = rowsPerBlock(this.shape);
    const doubles = new Float64Array(values);
    this.blocks.forEach((words, block) => {
      const row = block * perBlock;
      const count = Math.min(perBlock, doubles.length - row);
      add(doubles, row, count, this.shape.stride, words.subarray(0, polynomialWords(set)));
    });
  }
}

/** A vector under somebody else's key that nothing is added to any more: 32·N bytes per block. */
export class TransformedVector {
  readonly shape: ProductShape;
  readonly blocks: TransformedBlocks;

  constructor(shape: ProductShape, blocks: TransformedBlocks) {
    this.shape = shape;
    this.blocks = blocks;
  }
}

/** @throws {CodedError} PRODUCT_RANGE when `values` are not one integer |v| < t per row. */
export function checkIntegers(shape: ProductShape, values: Integers): void {
  const t = parametersOf(shape).plainModulus;
  const sound =
    values.length === shape.rows &&
    values.every((value: number) => Number.isInteger(value) && Math.abs(value) < t);
  if (!sound) {
    throw new CodedError('PRODUCT_RANGE', `a vector of this product has ${shape.rows} integers below ${t}`);
  }
}
