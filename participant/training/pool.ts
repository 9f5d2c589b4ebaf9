import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { settledValue, type ThreadOutcome, workerBeside } from '../../contract/index.js';
import { endOfReads, readGate } from './read-gate.js';
import type { Results, Task } from './tasks.js';
import { unlessAborted } from './unless-aborted.js';

type Progress = { step: string; fraction: number };
/** A task as callers give it; the pool adds the port for progress and the gate. */
export type Order<K extends Task['kind']> = Omit<Extract<Task, { kind: K }>, 'progress' | 'gate'>;

/**
 * One worker thread for training and encryption, so that the session never stalls. One, because its rows and its
 * tensor library stay warm there, and the steps of a job follow each other.
 */
export class WorkPool {
  readonly #pool: Piscina;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Settles when all work given so far is done or broken off; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param environment variables that dataset files may name; a copy goes to the worker. */
  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    workerFile = workerBeside(import.meta.url, 'worker.js'),
  ) {
    this.#pool = new Piscina({
      filename: workerFile,
      workerData: { ...environment },
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: 300_000,
      // Secrets travel to the worker as bytes; it must not inherit this process's environment besides.
      env: {},
    });
    // A task that is aborted can make the pool report its thread's last word as an error; the task's own promise tells.
    this.#pool.on('error', () => {});
  }

  /** Runs a task; when `signal` says so its thread is ended, in the middle of the work but never of a read. */
  async run<K extends Task['kind']>(
    task: Order<K>,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Results[K]> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    // One after the other already here: what waits in the pool for a thread that is ended waits until other work comes.
    const before = this.#last;
    let passOn = () => {};
    this.#last = Promise.all([before, new Promise<void>((resolve) => (passOn = resolve))]);
    try {
      await unlessAborted(before, either);
      return await this.#run<K>(task, either, onProgress);
    } finally {
      passOn();
    }
  }

  async #run<K extends Task['kind']>(
    task: Order<K>,
    either: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<Results[K]> {
    either.throwIfAborted();
    const gate = readGate();
    const end = new AbortController();
    either.addEventListener('abort', () => void endOfReads(gate).then(() => end.abort()), { once: true });
    const result = this.#send({ ...task, gate }, end.signal, onProgress);
    this.#underWay.add(result);
    try {
      return settledValue((await result) as ThreadOutcome<Results[K]>);
    } finally {
      this.#underWay.delete(result);
    }
  }

  async #send(
    task: object & { readonly kind?: string },
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<unknown> {
    if (task.kind !== 'contribute' && task.kind !== 'takeStep') return this.#pool.run(task, { signal });
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onProgress).unref();
    try {
      return await this.#pool.run({ ...task, progress: port2 }, { signal, transferList: [port2] });
    } finally {
      port1.close();
    }
  }

  /** Tasks in the thread, and those that wait for it. */
  get load(): { readonly running: number; readonly waiting: number } {
    const waiting = this.#pool.queueSize;
    return { running: Math.max(this.#underWay.size - waiting, 0), waiting };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
    await this.#pool.destroy();
  }
}
