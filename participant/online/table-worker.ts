import { parentPort, workerData } from 'node:worker_threads';
import { outcomeOf } from '../../contract/index.js';
import { readScoreTable, type TableOrder } from './score-table.js';

export interface TableWork {
  readonly order: TableOrder;
  /** Variables that dataset files may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads one table and ends by itself: what DuckDB and the rows took goes with the thread. */
const { order, environment } = workerData as TableWork;
const outcome = await outcomeOf(() => readScoreTable(order, { env: (name) => environment[name] }));
const buffers = outcome.ok
  ? [outcome.value.keys, outcome.value.slots, outcome.value.parts, ...outcome.value.bins].map(
      ({ buffer }) => buffer as ArrayBuffer,
    )
  : [];
parentPort?.postMessage(outcome, buffers);
