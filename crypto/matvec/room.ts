import { CodedError, type Secret, toCodedError } from '../../contract/core.js';
import { type ProductSetName, productSet } from '../he/index.js';
import { AnswerParts } from './answer-parts.js';
import { checkIntegers, EncryptedVector, type Integers, TransformedVector } from './encrypted-vector.js';
import { batchTerms, type CipherWords, ProductEngine } from './engine/index.js';
import { blaming, malformed } from './malformed.js';
import { drawMasks } from './masks.js';
import { columnsFor, type Matrix } from './matrix.js';
import { CipherPool } from './pool.js';
import {
  answerBytes,
  blockCount,
  checkWanted,
  type ProductShape,
  parametersOf,
  passedBlockBytes,
  polynomialWords,
  rowsPerBlock,
  shapeBytes,
  vectorBlockBytes,
} from './shape.js';
import type { Task } from './tasks.js';
import { type ByteSource, cut } from './wire-pieces.js';

/** What the function holder sends and what it must keep with it: other masks over the same output would be a second message. */
export interface Product {
  readonly message: Uint8Array;
  readonly masks: Secret;
}

/** What one of the two needs of a key pair. */
export type ProductRole = { readonly secretKey: Secret } | { readonly publicKey: Uint8Array };

/**
 * The roles of encrypted products with the threads they run on. Who may do what follows from what a method takes: a secret
 * key (key holder), a public key or a matrix (function holder). `from` names the sender of foreign bytes in errors.
 */
export class ProductRoom {
  readonly #pool: CipherPool;
  readonly #engines = new Map<number, Promise<ProductEngine>>();

  private constructor(pool: CipherPool) {
    this.#pool = pool;
  }

  /** @param options.threads worker threads of each kind (default: all cores). */
  static open(options: { threads?: number } = {}): ProductRoom {
    return new ProductRoom(new CipherPool(options.threads));
  }

  /**
   * Starts the threads and sets them up for the parameter set and key of a product, which may pass while their owner
   * waits. What fails here fails again, and is told, where it is needed.
   */
  async prepare(set: ProductSetName, keys: ProductRole): Promise<void> {
    if (!('secretKey' in keys)) {
      await Promise.allSettled([this.#engineOf(set)]);
      return;
    }
    const key = keys.secretKey.reveal();
    const started = Array.from({ length: this.#pool.threads }, () =>
      this.#pool.run<Uint8Array>({ kind: 'prepare', set, key }),
    );
    await Promise.allSettled(started);
  }

  /**
   * Key holder: the vector in seeded blocks, `shapeBytes(shape).vector` bytes in pieces below 2 MiB.
   * @throws {CodedError} PRODUCT_RANGE when it is not one integer |v| < t per row.
   */
  async *encryptVector(shape: ProductShape, secretKey: Secret, vector: Integers): AsyncGenerator<Uint8Array> {
    checkIntegers(shape, vector);
    const perBlock = rowsPerBlock(shape);
    const rowsPerTask = perBlock * this.#pool.batchOf(blockCount(shape));
    const starts = Array.from({ length: Math.ceil(shape.rows / rowsPerTask) }, (_, k) => k * rowsPerTask);
    yield* this.#pool.inOrder(starts, (row) =>
      this.#pool.run<Uint8Array>({
        kind: 'encrypt',
        set: shape.set,
        key: secretKey.reveal(),
        values: new Float64Array(vector.subarray(row, row + rowsPerTask)),
        stride: shape.stride,
        rowsPerBlock: perBlock,
      }),
    );
  }

  /**
   * Function holder: a vector from its key holder.
   * @throws {CodedError} CIPHERTEXT_MALFORMED naming `from` when the bytes have another size or a residue is too large.
   */
  readVector(shape: ProductShape, from: string, bytes: ByteSource): Promise<EncryptedVector> {
    return this.#read(shape, from, bytes, 'read', vectorBlockBytes(parametersOf(shape)));
  }

  /** The same for a vector that is only multiplied: half the work of `readVector` and its product. */
  readToMultiply(
    shape: ProductShape,
    from: string,
    bytes: ByteSource,
    signal?: AbortSignal,
  ): Promise<TransformedVector> {
    const blockBytes = vectorBlockBytes(parametersOf(shape));
    const count = blockCount(shape);
    const pieces = cut(bytes, count * blockBytes, batchTerms * blockBytes);
    return blaming(from, () =>
      this.#onEngine(
        shape,
        async (engine) => new TransformedVector(shape, await engine.read(shape.set, count, pieces, signal)),
      ),
    );
  }

  /** Function holder: a vector passed on by another one; errors as in readVector. */
  readPassedVector(shape: ProductShape, from: string, bytes: ByteSource): Promise<EncryptedVector> {
    return this.#read(shape, from, bytes, 'readPassed', passedBlockBytes(parametersOf(shape)));
  }

  /**
   * Function holder: the vector for the next one in a chain, re-randomised under the key holder's public key so that its
   * blocks cannot be linked to those that came in; `shapeBytes(shape).passedVector` bytes in pieces below 4 MiB.
   */
  async *passOn(vector: EncryptedVector, publicKey: Uint8Array): AsyncGenerator<Uint8Array> {
    const { shape, blocks } = vector;
    const batch = this.#pool.batchOf(blocks.length);
    const starts = Array.from({ length: Math.ceil(blocks.length / batch) }, (_, k) => k * batch);
    yield* this.#pool.inOrder(starts, (start) =>
      this.#pool.run<Uint8Array>({
        kind: 'pass',
        set: shape.set,
        publicKey,
        words: joined(blocks.slice(start, start + batch)),
      }),
    );
  }

  /**
   * Function holder: the product with its matrix, re-randomised and masked.
   * @throws {CodedError} PRODUCT_RANGE when the matrix is beyond the shape.
   */
  async multiply(
    vector: EncryptedVector | TransformedVector,
    matrix: Matrix,
    publicKey: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Product> {
    const { shape, blocks } = vector;
    const columns = columnsFor(shape, matrix);
    const masks = drawMasks(shape);
    const answer = new AnswerParts(shape, publicKey, masks);
    const termsOf = (from: number, to: number) => answer.terms(from, to);
    const put = (from: number, part: Uint8Array) => answer.put(from, part);
    try {
      await this.#onEngine(shape, (engine) => engine.answer(blocks, columns, termsOf, put, signal));
      return { message: answer.message, masks };
    } catch (thrown) {
      masks.wipe();
      throw thrown;
    } finally {
      answer.wipe();
    }
  }

  /**
   * Key holder: the wanted coefficients of an answer, still masked, as `shapeBytes(shape).opened` bytes. It opens what the
   * shape wants, once for every product the job has, and nothing else: openings are a decryption oracle.
   * @throws {CodedError} CIPHERTEXT_MALFORMED naming `from` when the answer is not what the shape prescribes.
   */
  open(shape: ProductShape, secretKey: Secret, from: string, answer: Uint8Array): Promise<Uint8Array> {
    return blaming(from, async () => {
      checkWanted(shape);
      if (answer.length !== shapeBytes(shape).answer) throw malformed('an answer has another size');
      const opened = new Uint8Array(shapeBytes(shape).opened);
      let at = 0;
      const tasks = this.#openTasks(shape, secretKey, answer);
      for await (const part of this.#pool.inOrder(tasks, (task) => this.#pool.run<Uint8Array>(task))) {
        opened.set(part, at);
        at += part.length;
      }
      return opened;
    });
  }

  async close(): Promise<void> {
    const engines = await Promise.allSettled(this.#engines.values());
    this.#engines.clear();
    await Promise.all([
      this.#pool.close(),
      ...engines.map((engine) => (engine.status === 'fulfilled' ? engine.value.close() : undefined)),
    ]);
  }

  #read(
    shape: ProductShape,
    from: string,
    bytes: ByteSource,
    kind: 'read' | 'readPassed',
    blockBytes: number,
  ): Promise<EncryptedVector> {
    return blaming(from, async () => {
      const count = blockCount(shape);
      const pieces = cut(bytes, count * blockBytes, blockBytes * this.#pool.batchOf(count));
      const blocks: CipherWords[] = [];
      const length = 2 * polynomialWords(parametersOf(shape));
      const read = (piece: Uint8Array) => this.#pool.run<Uint32Array>({ kind, set: shape.set, bytes: piece });
      for await (const words of this.#pool.inOrder(pieces, read)) {
        for (let at = 0; at < words.length; at += length) blocks.push(words.subarray(at, at + length));
      }
      return new EncryptedVector(shape, blocks);
    });
  }

  /** An answer in a few outputs per task. */
  *#openTasks(shape: ProductShape, secretKey: Secret, answer: Uint8Array): Generator<Task> {
    const set = parametersOf(shape);
    const batch = this.#pool.batchOf(shape.wanted.length);
    for (let output = 0, at = 0; output < shape.wanted.length; output += batch) {
      const wanted = shape.wanted.slice(output, output + batch);
      const end = at + wanted.reduce((sum, count) => sum + answerBytes(set, count), 0);
      // A copy: a view would take the whole answer along to the thread, tens of megabytes each time.
      const bytes = answer.slice(at, end);
      yield { kind: 'open', set: shape.set, key: secretKey.reveal(), bytes, wanted };
      at = end;
    }
  }

  /** An engine whose threads died takes nothing more; the next product opens another. */
  async #onEngine<R>(shape: ProductShape, work: (engine: ProductEngine) => Promise<R>): Promise<R> {
    const engine = await this.#engineOf(shape.set);
    try {
      return await work(engine);
    } catch (thrown) {
      if (toCodedError(thrown).code === 'INTERNAL') await this.#dropEngine(shape);
      throw thrown;
    }
  }

  async #dropEngine(shape: ProductShape): Promise<void> {
    const { degree } = parametersOf(shape);
    const engine = this.#engines.get(degree);
    this.#engines.delete(degree);
    await engine?.then((opened) => opened.close()).catch(() => {});
  }

  #engineOf(set: ProductSetName): Promise<ProductEngine> {
    const { degree, dataPrimes } = productSet(set);
    let engine = this.#engines.get(degree);
    if (engine === undefined) {
      if (degree !== 4096 && degree !== 8192) throw new CodedError('INTERNAL', `no engine for N=${degree}`);
      const opened = ProductEngine.open(
        { degree, primes: dataPrimes.map(Number) },
        { threads: this.#pool.threads },
      );
      opened.catch(() => {
        if (this.#engines.get(degree) === opened) this.#engines.delete(degree);
      });
      this.#engines.set(degree, opened);
      engine = opened;
    }
    return engine;
  }
}

function joined(blocks: readonly CipherWords[]): Uint32Array {
  const length = blocks[0]?.length ?? 0;
  const words = new Uint32Array(length * blocks.length);
  blocks.forEach((block, k) => {
    words.set(block, k * length);
  });
  return words;
}
