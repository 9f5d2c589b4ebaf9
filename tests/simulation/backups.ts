import type { JobId } from '../../contract/index.js';
import type { BlobDisk } from './memory-blobs.js';
import type { Operation } from './operations.js';
import type { Site } from './site.js';

/** Backups of a coordinator: one at every number of events of the job, where the run will restore one. */
export class Backups {
  readonly #made: { readonly events: number; readonly blobs: BlobDisk }[] = [];
  readonly #wanted: boolean;

  constructor(
    private readonly site: Site,
    private readonly jobId: JobId,
    operations: readonly Operation[],
  ) {
    this.#wanted = operations.some(({ kind }) => kind === 'restore');
  }

  make(): void {
    if (this.#wanted && this.#events > 0)
      this.#made.push({ events: this.#events, blobs: this.site.blobs.copy() });
  }

  /** Puts the newest in place that lacks so many events. @returns how many are left; undefined when there is none. */
  restore(lost: number): number | undefined {
    const backup = this.#made.findLast(({ events }) => events <= this.#events - lost);
    if (backup === undefined) return undefined;
    this.site.store.setBack(this.jobId, backup.events);
    this.site.blobs.setBack(backup.blobs);
    return backup.events;
  }

  get #events(): number {
    return this.site.store.jobs.get(this.jobId)?.events.length ?? 0;
  }
}
