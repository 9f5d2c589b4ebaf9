import { workerData } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { outcomeOf, type ThreadOutcome } from '../../../contract/core.js';
import { GroupProducts } from './group-products.js';
import type { Task, TaskResult, ThreadData } from './task.js';

const { shape, module } = workerData as ThreadData;
const products = new GroupProducts(shape, module);

/** One task; a part of an answer moves to the caller without a copy. */
export default async function run(task: Task): Promise<ThreadOutcome<TaskResult>> {
  const outcome = await outcomeOf(async () => perform(task));
  if (!outcome.ok || !(outcome.value instanceof Uint8Array)) return outcome;
  const { buffer } = outcome.value;
  return Piscina.move({
    get [Piscina.transferableSymbol]() {
      return buffer;
    },
    get [Piscina.valueSymbol]() {
      return outcome;
    },
  } as never) as unknown as ThreadOutcome<TaskResult>;
}

function perform(task: Task): TaskResult {
  switch (task.kind) {
    case 'transform':
      products.transform(task);
      return [];
    case 'read':
      products.read(task);
      return [];
    case 'multiply':
      return products.multiply(task);
  }
}
