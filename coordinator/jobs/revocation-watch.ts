import { isOutage, toCodedError } from '../../contract/index.js';
import type { Registry } from '../identity/index.js';
import { isUnfinished, remaining } from '../rounds/index.js';
import type { JobBook } from './job-book.js';
import type { JobLog, LiveJob } from './live-job.js';
import { joinsOf } from './participant-view.js';

/** A revocation is made by another process, which tells nobody: the registry is looked at this often. */
const lookMs = 1_000;

/**
 * Takes revoked participants out of their jobs, so that nobody waits for posts that would be refused. Every replica looks
 * for itself; a job notes a revocation once, whoever of them comes first.
 */
export class RevocationWatch {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly registry: Pick<Registry, 'refresh' | 'isRevoked'>,
    private readonly book: Pick<JobBook, 'live'>,
    private readonly log: JobLog,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look()
        .catch((thrown) => this.#failed(thrown))
        .finally(() => {
          this.#looking = undefined;
        });
    }, lookMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Also of what was revoked while no coordinator ran. */
  async look(): Promise<void> {
    await this.registry.refresh();
    for (const job of this.book.live()) await this.#lookAt(job);
  }

  async #lookAt(job: LiveJob): Promise<void> {
    const { state } = job;
    if (!isUnfinished(state)) return;
    const joins = joinsOf(state);
    for (const name of remaining(state)) {
      if (!this.registry.isRevoked(name, joins?.get(name)?.certificateFingerprint)) continue;
      await job.revoked(name);
      this.log.info({ jobId: job.jobId, participant: name }, 'a revoked participant is out of its job');
    }
  }

  #failed(thrown: unknown): void {
    const { code } = toCodedError(thrown);
    // Looked at again in a moment; what is away says so elsewhere.
    if (!isOutage(code)) this.log.warn({ err: thrown }, 'revocations could not be looked for');
  }
}
