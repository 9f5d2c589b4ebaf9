import type { FixedPoint } from './fixed-point.js';
import { dotKernel } from './kernel/wasm.js';

/** Rows of `a` are worked on by three, those of `b` by three whose results fill whole vectors. */
const tileA = 3;
const tileB = 24;

const roundedUp = (count: number, unit: number) => Math.ceil(count / unit) * unit;

/**
 * A B^T as integers of a fixed point, for matrices in the memory of one kernel instance, to be filled and read by the
 * caller; all zeros at first. Single precision: beside the rounding to 1/256 an error of 1e-5 is nothing, and a product
 * takes half the time of one of doubles. Sums run in one fixed order (kernel/assembly), so every engine gives the same bits.
 */
export class QuantisedProducts {
  /** From one row of `a` or `b` to the next: the depth, made a multiple of 4. What lies behind the depth must stay zero. */
  readonly stride: number;
  /** From one row of `z` to the next. */
  readonly width: number;
  readonly a: Float32Array;
  /** Rows that are not used must be zero, or they are counted when they are cut. */
  readonly b: Float32Array;
  /** z[i * width + j]: row i of `a` times row j of `b`. */
  readonly z: Int16Array;
  /** Multiplies what stands in `a` and `b`; gives the number of results beyond the limit. */
  readonly multiply: () => number;

  constructor(rowsA: number, rowsB: number, depth: number, { scale, limit }: FixedPoint) {
    const kernel = dotKernel();
    const stride = roundedUp(depth, 4);
    const heightA = roundedUp(rowsA, tileA);
    const width = roundedUp(rowsB, tileB);
    const floats = (length: number) => kernel.reserve(length * Float32Array.BYTES_PER_ELEMENT);
    const a = floats(heightA * stride);
    const b = floats(width * stride);
    const sums = floats(tileA * width);
    const z = kernel.reserve(heightA * width * Int16Array.BYTES_PER_ELEMENT);
    // Views only now: memory that grows takes them away.
    this.stride = stride;
    this.width = width;
    this.a = new Float32Array(kernel.memory.buffer, a, heightA * stride);
    this.b = new Float32Array(kernel.memory.buffer, b, width * stride);
    this.z = new Int16Array(kernel.memory.buffer, z, heightA * width);
    this.multiply = () => kernel.quantisedProducts(a, b, sums, z, heightA, width, stride, scale, limit);
  }
}
