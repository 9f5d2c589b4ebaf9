import { type Clock, isOutage, type JobId, toCodedError } from '../../contract/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import type { AddSum, Input } from '../rounds/index.js';

/** What a sum is added with. */
export interface AddingParts {
  readonly blobs: Blobs;
  readonly adder: Adder;
  readonly clock: Clock;
  readonly log: { error(fields: object, message: string): void };
  /** Leaves the job's turn to another replica; absent where there is none. */
  readonly giveUp?: (jobId: JobId) => void;
}

/** The job that a sum is added for. */
interface Asking {
  /** Takes what became of the sum. */
  tell(outcome: Input): Promise<unknown>;
  /** Asks for the sum again if it is still due, and this replica's turn. */
  again(): void;
}

/** After a sum could not be added or stored, or its uploads not fetched. */
const againMs = 5_000;
/**
 * Failures in a row after which another replica is let try: what fails here for ten seconds, such as a full disk, may
 * fail here only.
 */
const patience = 3;
/**
 * How often a replica takes up a sum that its threads break down over (memory, a disk that cannot be written, a bug) before
 * the job ends: a coordinator alone once, several of them once more after the others had their turn.
 */
const turns = { alone: 1, among: 2 };

/** Adding the sums of one job, one at a time. What a crash leaves is added again: the sum is a function of the uploads. */
export class Adding {
  /** The sum under way, added, or failed a moment ago. */
  #latest: { readonly sum: number; readonly done: Promise<void> } | undefined;
  #failures = 0;
  /** Of them those that no code explains. */
  #breakdowns = 0;
  #rest: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly parts: AddingParts,
    private readonly jobId: JobId,
    private readonly asking: Asking,
  ) {}

  /** Asked for by the state, as often as somebody looks at it. */
  begin(work: AddSum): void {
    if (this.#closed || this.#latest?.sum === work.sum) return;
    clearTimeout(this.#rest);
    const done = this.#addAndTell(work).then(
      () => {
        this.#failures = 0;
        this.#breakdowns = 0;
      },
      (error) => this.#failed(error),
    );
    this.#latest = { sum: work.sum, done };
  }

  /** Waits for what is under way, of which nothing is told any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#rest);
    await this.#latest?.done;
  }

  async #addAndTell(work: AddSum): Promise<void> {
    const { blobs, adder, clock, log } = this.parts;
    const { sum, parameterSet, valueCount, contributors } = work;
    const { jobId } = this;
    const startedMs = clock.now();
    let outcome: Input;
    try {
      const output = await blobs.sumPath(jobId, sum);
      const found = work.uploads.map(async ({ sender, digest }) => {
        return { sender, digest, path: await blobs.uploadPath({ jobId, sum, sender }, digest) };
      });
      const uploads = await Promise.all(found);
      const added = await adder.add({ parameterSet, valueCount, contributors, uploads, output });
      await blobs.keepSum(jobId, sum);
      outcome = { kind: 'sumAdded', sum, ...added, addMs: Math.max(clock.now() - startedMs, 0) };
    } catch (thrown) {
      if (this.#closed) return;
      const { code, message, parties } = toCodedError(thrown);
      // The store of ciphertexts is away for a moment, or the disk full; no reason to end a job.
      if (isOutage(code)) throw thrown;
      // Nothing is said about the uploads: the next try, or another machine, may add them.
      if (code === 'INTERNAL' && this.#breaksDown()) throw thrown;
      log.error({ jobId, sum, code, err: thrown }, 'adding failed');
      outcome = { kind: 'addingFailed', sum, code, detail: `adding: ${message}`, parties };
    }
    if (this.#closed) return;
    await this.asking.tell(outcome);
  }

  /** Counts a breakdown. @returns whether the sum is to be tried again. */
  #breaksDown(): boolean {
    this.#breakdowns += 1;
    return this.#breakdowns < patience * (this.parts.giveUp ? turns.among : turns.alone);
  }

  #failed(error: unknown): void {
    const { jobId, parts, asking } = this;
    parts.log.error({ jobId, err: error }, 'a sum could not be recorded');
    if (this.#closed) return;
    this.#rest = setTimeout(() => {
      this.#latest = undefined;
      asking.again();
    }, againMs);
    this.#failures += 1;
    if (this.#failures % patience === 0) parts.giveUp?.(jobId);
  }
}
