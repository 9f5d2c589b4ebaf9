import type { ProductSetName } from '../../he/index.js';
import { type CipherWords, pairBytes, type RingShape } from '../kernel/index.js';
import type { Columns } from './product.js';

/**
 * Outputs of one task at most: each batch of transformed blocks is copied into the instance once for all of them, and
 * their sums (256 KiB each for N = 8192) stay in the cache.
 */
export const groupOutputs = 16;

/** Blocks whose products are summed in 64 bits before one reduction: 16 · (2^30)^2 <= 2^64. */
export const batchTerms = 16;

/** Bytes of one batch of transformed blocks. */
export function batchBytes(shape: RingShape): number {
  return batchTerms * pairBytes(shape);
}

/** What a thread is born with. */
export interface ThreadData {
  readonly shape: RingShape;
  /** Compiled once; machine code is shared between the threads of a process. */
  readonly module: WebAssembly.Module;
}

/** The transformed encrypted vector, batch by batch; every thread reads it. */
export type SharedPairs = SharedArrayBuffer;

interface Shared {
  readonly pairs: SharedPairs;
  /** One word; not zero once nobody waits for the result. */
  readonly ended: Int32Array;
}

/** Transforms the blocks of one batch into `pairs`. */
export interface TransformTask extends Shared {
  readonly kind: 'transform';
  readonly blocks: readonly CipherWords[];
  readonly batch: number;
}

/** The same from seeded blocks as they came. */
export interface ReadTask extends Shared {
  readonly kind: 'read';
  readonly set: ProductSetName;
  readonly bytes: Uint8Array;
  readonly batch: number;
}

/** Computes outputs `from` to `to` - 1. */
export interface MultiplyTask extends Shared {
  readonly kind: 'multiply';
  readonly blockCount: number;
  /** With cells in shared memory. */
  readonly columns: Columns;
  readonly from: number;
  readonly to: number;
  /** Outputs become parts of an answer. */
  readonly answer?: AnswerTerms;
}

/** What outputs are made ready with to leave. */
export interface AnswerTerms {
  readonly set: ProductSetName;
  readonly publicKey: Uint8Array;
  /** Coefficients of each output. */
  readonly wanted: readonly number[];
  /** r of these outputs, as `drawMasks` orders them. */
  readonly masks: Uint32Array;
}

export type Task = TransformTask | ReadTask | MultiplyTask;
/** Of a multiply task its ciphertexts, in order, or their part of the answer; nothing of others. */
export type TaskResult = readonly CipherWords[] | Uint8Array;
