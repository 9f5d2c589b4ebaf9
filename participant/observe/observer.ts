import { type Clock, type CodedError, type JobId, toCodedError } from '../../contract/index.js';
import {
  type Count,
  type Metrics,
  type SpanPlace,
  type Timing,
  type Tracing,
  timed,
} from '../../observe/index.js';
import type { Journal } from '../journal/index.js';

/** What the observer looks at when somebody asks for metrics. */
export interface Watched {
  /** Tasks that the worker thread does, and those that wait for it. */
  work(): { readonly running: number; readonly waiting: number };
  /** Jobs this participant has open. */
  openJobs(): number;
}

/** A duty as it is told: its kind, and the sum or step it belongs to. */
export interface ToldDuty {
  readonly jobId: JobId;
  readonly kind: string;
  readonly sum?: number;
  readonly step?: number;
}

interface Instruments {
  readonly duties: Timing;
  readonly journal: Timing;
  readonly bytes: Count;
  readonly refusals: Count;
  readonly left: Count;
  readonly answers: Count;
}

/**
 * Measures a participant: how long its duties take, what goes over the wire, what is refused. Labels are kinds and
 * codes; nothing of rows, customers or models.
 */
export class Observer {
  readonly #instruments: Instruments | undefined;
  #connected = 0;

  constructor(
    private readonly metrics: Metrics | undefined,
    private readonly tracing: Tracing | undefined,
    private readonly clock: Clock,
  ) {
    this.#instruments = metrics && instrumentsOf(metrics);
  }

  watch({ work, openJobs }: Watched): void {
    const single = (value: number) => new Map([['', value]]);
    this.metrics?.gauge('fedrisk_connected', '1 while the session with the coordinator is open', '', () =>
      single(this.#connected),
    );
    this.metrics?.gauge('fedrisk_open_jobs', 'Jobs this participant takes part in now', '', () =>
      single(openJobs()),
    );
    this.metrics?.gauge(
      'fedrisk_work_tasks',
      'Tasks of training, encryption and opening in the worker thread, and waiting for it',
      'state',
      () => new Map(Object.entries(work())),
    );
  }

  connected(is: boolean): void {
    this.#connected = is ? 1 : 0;
  }

  moved(direction: 'in' | 'out', bytes: number): void {
    this.#instruments?.bytes.add({ direction }, bytes);
  }

  refused({ code }: CodedError): void {
    this.#instruments?.refusals.add({ code });
  }

  left({ code }: CodedError): void {
    this.#instruments?.left.add({ code });
  }

  answered(outcome: string): void {
    this.#instruments?.answers.add({ outcome });
  }

  /** The same journal, with its writes timed. */
  journal(journal: Journal): Journal {
    const timing = this.#instruments?.journal;
    if (!timing) return journal;
    return timed(journal, /^(keep|conclude|ask|answer)/, (method, seconds) =>
      timing.observe({ method }, seconds),
    );
  }

  /** Runs the work of a duty and tells how long it took and how it ended. */
  async duty<T>(told: ToldDuty, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const startMs = this.clock.now();
    const started = performance.now();
    let outcome = 'done';
    let failure: CodedError | undefined;
    try {
      return await work();
    } catch (thrown) {
      // Work that has lost its purpose, or was stopped with the process, did not fail.
      if (signal.aborted) outcome = 'stopped';
      else failure = toCodedError(thrown);
      throw thrown;
    } finally {
      this.#over(told, startMs, performance.now() - started, failure ?? outcome);
    }
  }

  #over({ jobId, kind, sum, step }: ToldDuty, startMs: number, ms: number, end: CodedError | string) {
    const failed = typeof end !== 'string';
    this.#instruments?.duties.observe({ duty: kind, outcome: failed ? end.code : end }, ms / 1000);
    this.tracing?.record({
      ...{ jobId, name: kind, startMs, endMs: startMs + ms, in: placeOf(sum, step) },
      attributes: {
        ...(sum !== undefined && { 'fedrisk.sum': sum }),
        ...(step !== undefined && { 'fedrisk.step': step }),
      },
      ...(failed && { code: end.code }),
    });
  }
}

function placeOf(sum: number | undefined, step: number | undefined): SpanPlace {
  if (sum !== undefined) return `sum/${sum}`;
  return step === undefined ? 'job' : `step/${step}`;
}

function instrumentsOf(metrics: Metrics): Instruments {
  return {
    duties: metrics.timing(
      'fedrisk_duty_seconds',
      'Length of duties, by kind; done, or the code they ended with',
      ['duty', 'outcome'],
    ),
    journal: metrics.timing('fedrisk_journal_write_seconds', 'Time of one durable write of the journal', [
      'method',
    ]),
    bytes: metrics.count('fedrisk_transfer_bytes_total', 'Bytes of ciphertexts and parcels in and out', [
      'direction',
    ]),
    refusals: metrics.count('fedrisk_refusals_total', 'Posts and uploads the coordinator refused, by code', [
      'code',
    ]),
    left: metrics.count('fedrisk_jobs_left_total', 'Jobs this participant left, by code', ['code']),
    answers: metrics.count('fedrisk_score_answers_total', 'Score questions: answered, or a code', [
      'outcome',
    ]),
  };
}
