import { Worker } from 'node:worker_threads';
import { CodedError, settledValue, type ThreadOutcome, workerBeside } from '../../contract/index.js';
import type { ScoreTable } from './score-table.js';
import type { TableWork } from './table-worker.js';

/**
 * Reads a table in a thread of its own, so that sessions and other answers do not wait.
 * @throws {CodedError} as readScoreTable.
 */
export function readInThread(work: TableWork): Promise<ScoreTable> {
  return new Promise((resolve, reject) => {
    const environment = { ...work.environment };
    const worker = new Worker(workerBeside(import.meta.url, 'table-worker.js'), {
      workerData: { ...work, environment } satisfies TableWork,
      env: {},
    });
    const failed = (cause?: unknown) =>
      reject(new CodedError('INTERNAL', 'the thread that reads rows to score ended', { cause }));
    worker.once('message', (outcome: ThreadOutcome<ScoreTable>) => {
      try {
        resolve(settledValue(outcome));
      } catch (thrown) {
        reject(thrown);
      }
    });
    worker.once('error', failed);
    worker.once('exit', () => failed());
  });
}
