import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '../../contract/index.js';

/**
 * A state shared by a worker thread and its owner, and beside it the owner's wish that the thread ends. Ending a thread while DuckDB reads in it takes the whole
 * process down (an exception inside the native module), so a thread is only ended outside of reads: the worker
 * closes the gate for the time of a read, and whoever wants to end the thread passes it first.
 */
export type ReadGate = Int32Array;

const open = 0;
const reading = 1;
const ended = 2;
const lookAgainMs = 10;

export function readGate(): ReadGate {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** In the worker: reads, unless the thread is about to be ended. @throws {CodedError} JOB_ENDED. */
export async function readThrough<T>(gate: ReadGate, read: () => Promise<T>): Promise<T> {
  if (Atomics.compareExchange(gate, 0, open, reading) === ended) {
    throw new CodedError('JOB_ENDED', 'the work is no longer wanted');
  }
  try {
    return await read();
  } finally {
    Atomics.store(gate, 0, open);
  }
}

/** In the worker: true once the owner waits for the end. */
export function endWanted(gate: ReadGate): boolean {
  return Atomics.load(gate, 1) === 1;
}

/** In the owner: resolves as soon as no read is under way and none can begin. */
export async function endOfReads(gate: ReadGate): Promise<void> {
  Atomics.store(gate, 1, 1);
  while (Atomics.compareExchange(gate, 0, open, ended) === reading) await delay(lookAgainMs);
}
