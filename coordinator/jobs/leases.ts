import { performance } from 'node:perf_hooks';
import type { JobId } from '../../contract/index.js';
import type { Replicas } from '../store/index.js';

/**
 * How long a replica keeps a job's timers and adding without a sign of life: far longer than any step of the event
 * loop, so that a living replica does not lose them.
 */
export const leaseMs = 15_000;
/** Who gave a lease up leaves it alone for this long: one that is free is taken at the next look of any other replica. */
const abstainMs = 2 * leaseMs;

/**
 * Whose turn it is. A lease spares replicas work that would be done twice, and no more: that a transcript is right
 * rests on the index check of every append.
 */
export class Leases {
  /** Until when, on this process's own clock, which does not jump. */
  readonly #held = new Map<JobId, { readonly token: number; readonly untilMs: number }>();
  /** Until when leases that were given up are not asked for, on the same clock. */
  readonly #abstained = new Map<JobId, number>();

  /** @param replicas undefined where one process has the store to itself and always leads. */
  constructor(private readonly replicas: Replicas | undefined) {}

  readonly leads = (jobId: JobId): boolean => {
    return this.replicas === undefined || (this.#held.get(jobId)?.untilMs ?? 0) > performance.now();
  };

  /** Renews own leases and takes free ones. @returns the jobs that came to this replica by it. */
  async claim(jobIds: readonly JobId[]): Promise<JobId[]> {
    if (this.replicas === undefined) return [];
    // From before the question, so that it ends here before it ends in the database.
    const untilMs = performance.now() + leaseMs;
    const wanted = jobIds.filter((jobId) => !this.#abstains(jobId));
    const leases = await this.replicas.claim(wanted, leaseMs);
    // Given up while the question was on its way: what it got runs out by itself.
    const kept = leases.filter(({ jobId }) => !this.#abstains(jobId));
    const gained = kept.filter(({ jobId, token }) => this.#held.get(jobId)?.token !== token);
    const now = new Map(kept.map(({ jobId, token }) => [jobId, { token, untilMs }]));
    for (const jobId of jobIds) {
      const lease = now.get(jobId);
      if (lease) this.#held.set(jobId, lease);
      else this.#held.delete(jobId);
    }
    return gained.map(({ jobId }) => jobId);
  }

  /**
   * Leaves a job to whoever can do better, for two lease times. Where nobody else is, it comes back after that, as a job
   * that was gained.
   */
  async giveUp(jobId: JobId): Promise<void> {
    if (this.replicas === undefined) return;
    this.#held.delete(jobId);
    this.#abstained.set(jobId, performance.now() + abstainMs);
    // Renewed for no time at all, it is free at once.
    await this.replicas.claim([jobId], 0);
  }

  forget(jobId: JobId): void {
    this.#held.delete(jobId);
    this.#abstained.delete(jobId);
  }

  async release(): Promise<void> {
    this.#held.clear();
    await this.replicas?.release();
  }

  #abstains(jobId: JobId): boolean {
    return (this.#abstained.get(jobId) ?? 0) > performance.now();
  }
}
