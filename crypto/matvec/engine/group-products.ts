import { CodedError } from '../../../contract/core.js';
import { FreshZeros, SeedExpander } from '../cipher/index.js';
import { KeptKeys } from '../kept-keys.js';
import { type Address, pairBytes, RingKernel, type RingShape } from '../kernel/index.js';
import { answerOutputs, readBlocks } from '../wire-blocks.js';
import { type DenseColumns, type HistogramColumns, rowsPerBlock } from './product.js';
import {
  batchBytes,
  batchTerms,
  groupOutputs,
  type MultiplyTask,
  type ReadTask,
  type TaskResult,
  type TransformTask,
} from './task.js';

/** From one coefficient of a batch of pairs to the next. */
const batchWidth = 32 * batchTerms;

/** A batch of blocks, as far as a group needs to know it. */
interface Batch {
  readonly terms: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** The part of one thread: transforms blocks, and multiplies groups of outputs. */
export class GroupProducts {
  readonly #kernel: RingKernel;
  /** One batch of pairs. */
  readonly #pairs: Address;
  readonly #plains: Address;
  readonly #sums: Address;
  /** Cells of one batch: at most 16 · N values of 16 bits. */
  readonly #cells: Address;
  readonly #coefficients: Address;
  readonly #entries: Address;
  readonly #zeros = new KeptKeys((set, publicKey) => new FreshZeros(set, publicKey));

  constructor(shape: RingShape, module: WebAssembly.Module) {
    const kernel = new RingKernel(shape, module);
    const { ring, polyStride, sumStride } = kernel;
    this.#kernel = kernel;
    this.#pairs = ring.reserve(batchTerms * pairBytes(shape));
    this.#plains = ring.reserve(batchTerms * polyStride);
    this.#sums = ring.reserve(groupOutputs * sumStride);
    this.#cells = ring.reserve(batchTerms * shape.degree * 2);
    this.#coefficients = ring.reserve(shape.degree * 2);
    this.#entries = ring.reserve(groupOutputs * batchTerms * entryBytes(shape.degree));
  }

  transform({ blocks, batch, pairs }: Pick<TransformTask, 'blocks' | 'batch' | 'pairs'>): void {
    blocks.forEach((words, k) => {
      this.#kernel.transformCipher(words, this.#pairs + 32 * k, batchWidth);
    });
    this.#share(batch, pairs);
  }

  /** @throws {CodedError} CIPHERTEXT_MALFORMED: the bytes are attacker-controlled. */
  read({ set, bytes, batch, pairs }: ReadTask): void {
    const expander = new SeedExpander(set);
    let k = 0;
    for (const words of readBlocks(expander, bytes)) {
      this.#kernel.transformCipher(words, this.#pairs + 32 * k++, batchWidth);
    }
    this.#share(batch, pairs);
  }

  #share(batch: number, pairs: SharedArrayBuffer): void {
    const bytes = batchBytes(this.#kernel.shape);
    new Uint8Array(pairs, batch * bytes, bytes).set(this.#bytes(this.#pairs, bytes));
  }

  multiply({ pairs, blockCount, columns, from, to, ended, answer }: MultiplyTask): TaskResult {
    const { sumStride, shape } = this.#kernel;
    const lanes = columns.kind === 'dense' ? 1 : columns.lanes;
    const perBlock = rowsPerBlock(shape, columns.stride, lanes);
    const bytes = batchBytes(shape);
    const sumOf = (output: number) => this.#sums + (output - from) * sumStride;
    for (let output = from; output < to; output++) this.#kernel.clear(sumOf(output));
    for (let block = 0; block < blockCount; block += batchTerms) {
      if (Atomics.load(ended, 0) !== 0) throw new CodedError('INTERNAL', 'nobody waits for this product');
      const terms = Math.min(batchTerms, blockCount - block);
      const firstRow = block * perBlock;
      const batch = { terms, firstRow, rows: Math.min(terms * perBlock, columns.rows - firstRow) };
      this.#bytes(this.#pairs, bytes).set(new Uint8Array(pairs, (block / batchTerms) * bytes, bytes));
      if (columns.kind === 'histogram') this.#addOneHots(columns, batch, from, to);
      else
        for (let output = from; output < to; output++) this.#addDense(columns, batch, output, sumOf(output));
    }
    const outputs = Array.from({ length: to - from }, (_, k) => this.#kernel.cipherOf(sumOf(from + k)));
    if (answer === undefined) return outputs;
    return answerOutputs(this.#zeros.of(answer.set, answer.publicKey), outputs, answer);
  }

  #addOneHots(columns: HistogramColumns, batch: Batch, from: number, to: number): void {
    const { ring, sumStride, shape } = this.#kernel;
    const { bins, rows, stride, lanes } = columns;
    const perBlock = rowsPerBlock(shape, stride, lanes);
    const listBytes = entryBytes(perBlock);
    for (let output = from; output < to; output++) {
      const start = output * rows + batch.firstRow;
      this.#bytes(this.#cells, batch.rows).set(bins.subarray(start, start + batch.rows));
      for (let term = 0; term < batch.terms; term++) {
        const list = this.#entries + ((output - from) * batch.terms + term) * listBytes;
        const blockRows = Math.min(perBlock, batch.rows - term * perBlock);
        const count = ring.oneHotEntries(this.#cells + term * perBlock, blockRows, stride, list + 4);
        if (count < 0) throw new CodedError('INTERNAL', `column ${output} has a bin above ${stride - 1}`);
        new Uint32Array(ring.memory.buffer, list, 1)[0] = count;
      }
    }
    const { terms } = batch;
    ring.accumulateOneHots(
      this.#entries,
      listBytes,
      to - from,
      this.#pairs,
      batchWidth,
      terms,
      this.#sums,
      sumStride,
      this.#plains,
    );
  }

  #addDense(columns: DenseColumns, batch: Batch, output: number, sum: Address): void {
    const { ring, polyStride, shape } = this.#kernel;
    const { values, rows, stride } = columns;
    const perBlock = rowsPerBlock(shape, stride);
    const width = Math.min(stride, columns.columns - output * stride);
    const cells = new Int16Array(ring.memory.buffer, this.#cells, width * batch.rows);
    for (let f = 0; f < width; f++) {
      const start = (output * stride + f) * rows + batch.firstRow;
      cells.set(values.subarray(start, start + batch.rows), f * batch.rows);
    }
    let any = false;
    for (let term = 0; term < batch.terms; term++) {
      const plain = this.#plains + term * polyStride;
      const blockRows = Math.min(perBlock, batch.rows - term * perBlock);
      const state = ring.denseCoefficients(
        this.#cells + 2 * term * perBlock,
        2 * batch.rows,
        blockRows,
        width,
        stride,
        this.#coefficients,
      );
      if (state > 1) throw new CodedError('INTERNAL', `columns of output ${output} go beyond 2^14`);
      if (state === 0) this.#bytes(plain, polyStride).fill(0);
      else ring.transformSmall(this.#coefficients, plain);
      any ||= state === 1;
    }
    if (any) ring.accumulate(this.#plains, polyStride, this.#pairs, batchWidth, batch.terms, sum);
  }

  #bytes(at: Address, length: number): Uint8Array {
    return new Uint8Array(this.#kernel.ring.memory.buffer, at, length);
  }
}

/** A count and as many monomials. */
function entryBytes(rows: number): number {
  return 4 + 4 * rows;
}
