import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import {
  CodedError,
  settledValue,
  type ThreadOutcome,
  toCodedError,
  workerBeside,
} from '../../../contract/core.js';
import { type CipherWords, checkedShape, type RingShape, ringModule } from '../kernel/index.js';
import { type Columns, checkProduct, type Emit, outputCount } from './product.js';
import { batchBytes, batchTerms, groupOutputs, type Task, type TaskResult, type ThreadData } from './task.js';

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
   * Gives every output to `emit`, in order and as soon as it is ready; few of them wait in memory. Transformed blocks take
   * 32·N bytes each meanwhile, rounded up to 16 blocks. @throws {CodedError} INTERNAL when sizes or values are out of range, when `signal` aborts,
   * the engine closes or a thread dies; and whatever `emit` throws. Threads leave a task that is not wanted any more between
   * two batches of blocks, some 20 ms at most; a thread that has to be ended would take longer to replace.
   */
  async multiply(
    blocks: readonly CipherWords[],
    columns: Columns,
    emit: Emit,
    signal?: AbortSignal,
  ): Promise<void> {
    checkProduct(this.shape, blocks, columns);
    const unwanted = new AbortController();
    const signals = [this.#closing.signal, unwanted.signal, ...(signal === undefined ? [] : [signal])];
    const course = new Course(AbortSignal.any(signals));
    const product = this.#multiply(blocks, columns, emit, course);
    this.#underWay.add(product);
    try {
      await product;
    } finally {
      unwanted.abort();
      this.#underWay.delete(product);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the engine is closed'));
    await Promise.allSettled(this.#underWay);
    await this.#pool.destroy();
  }

  async #multiply(
    blocks: readonly CipherWords[],
    columns: Columns,
    emit: Emit,
    course: Course,
  ): Promise<void> {
    const pairs = await this.#transform(blocks, course);
    const shared = inSharedMemory(columns);
    const outputs = outputCount(columns);
    // As many groups for each thread, of nearly the same size, so that all threads end together.
    const groups = Math.min(outputs, this.#threads * Math.ceil(outputs / (this.#threads * groupOutputs)));
    const start = (group: number) => Math.floor((group * outputs) / groups);
    const waiting: Promise<TaskResult>[] = [];
    for (let next = 0, done = 0; done < groups; done++) {
      // One group more than threads, so that no thread waits for `emit` unless it is slower than the product.
      while (next < groups && next - done <= this.#threads) {
        const range = { from: start(next), to: start(++next) };
        const { ended } = course;
        const parts = { pairs, blockCount: blocks.length, columns: shared, ended };
        waiting.push(this.#later({ kind: 'multiply', ...parts, ...range }, course));
      }
      const results = (await waiting.shift())!;
      for (const [k, words] of results.entries()) {
        await emit(start(done) + k, words);
        course.throwIfEnded();
      }
    }
  }

  async #transform(blocks: readonly CipherWords[], course: Course): Promise<SharedArrayBuffer> {
    const batches = Math.ceil(blocks.length / batchTerms);
    const pairs = new SharedArrayBuffer(batches * batchBytes(this.shape));
    const tasks: Promise<TaskResult>[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const some = blocks.slice(batch * batchTerms, (batch + 1) * batchTerms).map(onItsOwn);
      const task: Task = { kind: 'transform', blocks: some, batch, pairs, ended: course.ended };
      tasks.push(this.#later(task, course));
      // Blocks are copied when a task is sent: few at a time.
      if (tasks.length > this.#threads) await tasks.shift();
    }
    await Promise.all(tasks);
    return pairs;
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
      return settledValue(await this.#pool.run(task, { signal }));
    } catch (thrown) {
      course.throwIfEnded();
      throw toCodedError(deadline.aborted ? new Error('a task of the product is stuck') : thrown);
    }
  }
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
