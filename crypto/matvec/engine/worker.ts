import { workerData } from 'node:worker_threads';
import { outcomeOf, type ThreadOutcome } from '../../../contract/core.js';
import { GroupProducts } from './group-products.js';
import type { Task, TaskResult, ThreadData } from './task.js';

const { shape, module } = workerData as ThreadData;
const products = new GroupProducts(shape, module);

export default function run(task: Task): Promise<ThreadOutcome<TaskResult>> {
  return outcomeOf(async () => {
    if (task.kind === 'multiply') return products.multiply(task);
    products.transform(task);
    return [];
  });
}
