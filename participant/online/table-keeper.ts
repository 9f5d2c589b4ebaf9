import type { Logger } from 'pino';
import { type Clock, CodedError, toCodedError } from '../../contract/index.js';
import type { ScoreTable, TableOrder } from './score-table.js';
import { sourceStamp } from './stamps.js';
import { readInThread } from './table-thread.js';
import type { TableWork } from './table-worker.js';

export interface KeeperParts {
  readonly order: TableOrder;
  readonly environment: TableWork['environment'];
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds between looks at the source. */
  readonly lookMs?: number;
  readonly read?: (work: TableWork) => Promise<ScoreTable>;
}

const usualLookMs = 3000;
/** A source that is written without end is not waited for. */
const firstTries = 3;

/**
 * The rows to score, as their source had them when nothing was writing to it: a table counts only if the source is the
 * same after reading as before. Until a new one is whole the old one serves.
 */
export class TableKeeper {
  readonly #parts: KeeperParts;
  #table: ScoreTable | undefined;
  /** Of the source as it was last read, whether or not that worked. */
  #stamp = '';
  #lookedMs = 0;
  #reading: Promise<void> | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The table; reads it the first time. @throws {CodedError} as readScoreTable; DATASET_UNREADABLE while it is written to. */
  async table(): Promise<ScoreTable> {
    if (this.#table === undefined) {
      this.#reading ??= this.#open().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    } else this.#look();
    return this.#table!;
  }

  /** Resolves when no thread reads any more. */
  async close(): Promise<void> {
    this.#lookedMs = Number.POSITIVE_INFINITY;
    await this.#reading?.catch(() => undefined);
  }

  async #open(): Promise<void> {
    for (let left = firstTries; left > 0; left--) if (await this.#read()) return;
    const { dataset } = this.#parts.order;
    throw new CodedError('DATASET_UNREADABLE', `the source of dataset ${dataset} changes while it is read`);
  }

  /** At most every few seconds, and in the background: whoever asks now is answered from the table there is. */
  #look(): void {
    const { clock, log, lookMs = usualLookMs, order } = this.#parts;
    if (this.#reading !== undefined || clock.now() - this.#lookedMs < lookMs) return;
    this.#lookedMs = clock.now();
    this.#reading = this.#renew()
      .catch((thrown: unknown) => {
        const { code, message } = toCodedError(thrown);
        log.warn({ code, dataset: order.dataset, reason: message }, 'the rows before the change still serve');
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #renew(): Promise<void> {
    const { order } = this.#parts;
    if ((await sourceStamp(order.datasetFolder, order.dataset)) !== this.#stamp) await this.#read();
  }

  /** False when the source changed meanwhile. */
  async #read(): Promise<boolean> {
    const { order, environment, clock, log, read = readInThread } = this.#parts;
    const { datasetFolder, dataset } = order;
    const before = await sourceStamp(datasetFolder, dataset);
    this.#stamp = before;
    const table = await read({ order, environment });
    const same = (await sourceStamp(datasetFolder, dataset)) === before;
    if (!same) {
      this.#stamp = '';
      return false;
    }
    this.#table = table;
    this.#lookedMs = clock.now();
    log.info({ dataset, rows: table.rows }, 'rows to score are in place');
    return true;
  }
}
