import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import {
  CodedError,
  settledValue,
  type ThreadOutcome,
  toCodedError,
  workerBeside,
} from '../../../contract/core.js';
import type { ProductSetName } from '../../he/index.js';
import { type CipherWords, checkedShape, cipherLength, type RingShape, ringModule } from '../kernel/index.js';
import { type Columns, checkProduct, type Emit, outputCount, type TransformedVector } from './product.js';
import {
  type AnswerTerms,
  batchBytes,
  batchTerms,
  groupOutputs,
  type Task,
  type TaskResult,
  type ThreadData,
} from './task.js';

/** One task takes seconds at most; what takes longer is stuck. */
const longestTaskMs = 10 * 60_000;

/**
 * Products of an encrypted vector d with a plaintext matrix (PROTOCOLS §5), on all cores. Row i of block b stands at
 * exponent (i - b·perBlock)·s, perBlock = ⌊N / s⌋; output o is Σ_b block_b · P_(o,b) with
 * P = Σ_i Σ_(f<s) X_(i,f) x^(f - i·s) for dense columns, P = Σ_i x^(bin_i - i·s) for histograms, x^-k = -x^(N-k).
 * Of an output's coefficients 0 to s - 1 are the sums; the others mix rows and columns and must not leave the house.
 */
export class ProductEngine {
  readonly shape: RingShape;
  readonly #pool: Piscina<Task, ThreadOutcome<TaskResult>>;
  readonly #threads: number;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  private constructor(shape: RingShape, threads: number, workerFile: string) {
    this.shape = checkedShape(shape);
    this.#threads = threads;
    const workerData: ThreadData = { shape, module: ringModule() };
    this.#pool = new Piscina({
      filename: workerFile,
      workerData,
      minThreads: threads,
      maxThreads: threads,
      env: {},
    });
    // A thread that dies without a task may die again and again: nothing is sent to this pool any more.
    this.#pool.on('error', (cause) => this.#closing.abort(cause));
  }

  /**
   * Starts the threads; one per core unless told otherwise. The caller closes the engine.
   * @throws {CodedError} INTERNAL for a shape the kernel cannot work in, or when the kernel is not built.
   */
  static async open(
    shape: RingShape,
    options: { readonly threads?: number; readonly workerFile?: string } = {},
  ): Promise<ProductEngine> {
    const threads = options.threads ?? availableParallelism();
    const workerFile = options.workerFile ?? workerBeside(import.meta.url, 'worker.js');
    const engine = new ProductEngine(shape, threads, workerFile);
    try {
      const pairs = new SharedArrayBuffer(batchBytes(engine.shape));
      const course = new Course(engine.#closing.signal);
      const idle: Task = { kind: 'transform', blocks: [], batch: 0, pairs, ended: course.ended };
      await Promise.all(Array.from({ length: threads }, () => engine.#send(idle, course)));
      return engine;
    } catch (thrown) {
      await engine.close();
      throw thrown;
    }
  }

  /**
   * Transforms `count` seeded blocks as they came, in pieces of `batchTerms` blocks each but the last. They take 32·N bytes
   * each then, rounded up to 16 blocks.
   * @throws {CodedError} CIPHERTEXT_MALFORMED for residues that are too large; what `pieces` throws; INTERNAL when `signal`
   * aborts, the engine closes or a thread dies.
   */
  read(
    set: ProductSetName,
    count: number,
    pieces: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<TransformedVector> {
    return this.#during(signal, async (course) => {
      const pairs = this.#pairsFor(count);
      let batch = 0;
      await this.#eachOf(pieces, (bytes) =>
        this.#later({ kind: 'read', set, bytes, batch: batch++, pairs, ended: course.ended }, course),
      );
      return { pairs, blocks: count };
    });
  }

  /**
   * Gives every output to `emit`, in order and as soon as it is ready; few of them wait in memory.
   * @param vector its blocks, or what `read` made of them.
   * @throws {CodedError} INTERNAL when sizes or values are out of range, when `signal` aborts, the engine closes or a
   * thread dies; and whatever `emit` throws. Threads leave a task that is not wanted any more between two batches of
   * blocks, some 20 ms at most; a thread that has to be ended would take longer to replace.
   */
  multiply(vector: EncryptedBlocks, columns: Columns, emit: Emit, signal?: AbortSignal): Promise<void> {
    return this.#during(signal, (course) =>
      this.#multiply(vector, columns, course, {
        answerOf: () => undefined,
        async emit(from, result) {
          for (const [k, words] of (result as readonly CipherWords[]).entries()) {
            await emit(from + k, words);
            course.throwIfEnded();
          }
        },
      }),
    );
  }

  /**
   * Outputs made ready to leave, as `answerOutputs` does: parts of the answer in order, each from which output on.
   * @param answerOf for the outputs `from` to `to` - 1.
   * @throws {CodedError} as `multiply`.
   */
  answer(
    vector: EncryptedBlocks,
    columns: Columns,
    answerOf: (from: number, to: number) => AnswerTerms,
    emit: (from: number, part: Uint8Array) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#during(signal, (course) =>
      this.#multiply(vector, columns, course, {
        answerOf,
        emit: async (from, result) => emit(from, result as Uint8Array),
      }),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the engine is closed'));
    await Promise.allSettled(this.#underWay);
    await this.#pool.destroy();
  }

  async #during<R>(signal: AbortSignal | undefined, work: (course: Course) => Promise<R>): Promise<R> {
    const unwanted = new AbortController();
    const signals = [this.#closing.signal, unwanted.signal, ...(signal === undefined ? [] : [signal])];
    const result = work(new Course(AbortSignal.any(signals)));
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      unwanted.abort();
      this.#underWay.delete(result);
    }
  }

  async #multiply(
    vector: EncryptedBlocks,
    columns: Columns,
    course: Course,
    { answerOf, emit }: OutputUse,
  ): Promise<void> {
    checkProduct(this.shape, 'pairs' in vector ? vector.blocks : vector.length, columns);
    const { pairs, blocks } = 'pairs' in vector ? vector : await this.#transform(vector, course);
    const parts = { pairs, blockCount: blocks, columns: inSharedMemory(columns), ended: course.ended };
    const outputs = outputCount(columns);
    // As many groups for each thread, of nearly the same size, so that all threads end together.
    const groups = Math.min(outputs, this.#threads * Math.ceil(outputs / (this.#threads * groupOutputs)));
    const start = (group: number) => Math.floor((group * outputs) / groups);
    const waiting: Promise<TaskResult>[] = [];
    for (let next = 0, done = 0; done < groups; done++) {
      // One group more than threads, so that no thread waits for `emit` unless it is slower than the product.
      while (next < groups && next - done <= this.#threads) {
        const [from, to] = [start(next), start(++next)];
        const answer = answerOf(from, to);
        waiting.push(
          this.#later({ kind: 'multiply', ...parts, from, to, ...(answer && { answer }) }, course),
        );
      }
      await emit(start(done), (await waiting.shift())!);
      course.throwIfEnded();
    }
  }

  async #transform(blocks: readonly CipherWords[], course: Course): Promise<TransformedVector> {
    if (!blocks.every((words) => words.length === cipherLength(this.shape))) {
      throw new CodedError('INTERNAL', 'no product of a block of another length');
    }
    const pairs = this.#pairsFor(blocks.length);
    const batches = Array.from({ length: Math.ceil(blocks.length / batchTerms) }, (_, batch) => batch);
    await this.#eachOf(batches, (batch) => {
      const some = blocks.slice(batch * batchTerms, (batch + 1) * batchTerms).map(onItsOwn);
      return this.#later({ kind: 'transform', blocks: some, batch, pairs, ended: course.ended }, course);
    });
    return { pairs, blocks: blocks.length };
  }

  #pairsFor(blocks: number): SharedArrayBuffer {
    return new SharedArrayBuffer(Math.ceil(blocks / batchTerms) * batchBytes(this.shape));
  }

  /** Blocks are copied when a task is sent: few at a time. */
  async #eachOf<I>(
    items: Iterable<I> | AsyncIterable<I>,
    start: (item: I) => Promise<unknown>,
  ): Promise<void> {
    const tasks: Promise<unknown>[] = [];
    try {
      for await (const item of items) {
        tasks.push(start(item));
        if (tasks.length > this.#threads) await tasks.shift();
      }
      await Promise.all(tasks);
    } finally {
      await Promise.allSettled(tasks);
    }
  }

  /** Like `#send`, for results that are awaited after others that may fail first. */
  #later(task: Task, course: Course): Promise<TaskResult> {
    const result = this.#send(task, course);
    result.catch(() => {});
    return result;
  }

  async #send(task: Task, course: Course): Promise<TaskResult> {
    course.throwIfEnded();
    const deadline = AbortSignal.timeout(longestTaskMs);
    try {
      const signal = AbortSignal.any([this.#closing.signal, deadline]);
      return settledValue(await this.#pool.run(task, { signal, transferList: movedWith(task) }));
    } catch (thrown) {
      course.throwIfEnded();
      throw toCodedError(deadline.aborted ? new Error('a task of the product is stuck') : thrown);
    }
  }
}

type EncryptedBlocks = readonly CipherWords[] | TransformedVector;

/** What becomes of outputs. */
interface OutputUse {
  answerOf(from: number, to: number): AnswerTerms | undefined;
  emit(from: number, result: TaskResult): Promise<void>;
}

/** One product on its way, and a flag in shared memory that tells threads when nobody wants it any more. */
class Course {
  readonly ended = new Int32Array(new SharedArrayBuffer(4));
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => Atomics.store(this.ended, 0, 1), { once: true });
  }

  throwIfEnded(): void {
    if (!this.#signal.aborted) return;
    throw new CodedError('INTERNAL', 'the encrypted product was ended', { cause: this.#signal.reason });
  }
}

/** What of a task moves to its thread: arrays that were made for it. */
function movedWith(task: Task): ArrayBuffer[] {
  if (task.kind === 'read') return [task.bytes.buffer as ArrayBuffer];
  return task.kind === 'multiply' && task.answer ? [task.answer.masks.buffer as ArrayBuffer] : [];
}

/** A view without a buffer of its own would take the whole buffer along when it is sent. */
function onItsOwn(words: CipherWords): CipherWords {
  const { buffer } = words;
  return buffer instanceof SharedArrayBuffer || buffer.byteLength === words.byteLength
    ? words
    : words.slice();
}

/** The same columns with cells that threads read without a copy each. */
function inSharedMemory(columns: Columns): Columns {
  if (columns.kind === 'dense') {
    const { values } = columns;
    if (values.buffer instanceof SharedArrayBuffer) return columns;
    const shared = new Int16Array(new SharedArrayBuffer(values.byteLength));
    shared.set(values);
    return { ...columns, values: shared };
  }
  if (columns.bins.buffer instanceof SharedArrayBuffer) return columns;
  const shared = new Uint8Array(new SharedArrayBuffer(columns.bins.byteLength));
  shared.set(columns.bins);
  return { ...columns, bins: shared };
}
