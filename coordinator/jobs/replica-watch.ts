import type { JobId } from '../../contract/index.js';
import type { Replicas } from '../store/index.js';
import { leaseMs } from './leases.js';
import type { Presence } from './presence.js';

/** Looks around this often, told or not: three times within a lease. */
const lookMs = leaseMs / 3;
/** Changes of who is connected and busy are announced together. */
const gatherMs = 500;

/** What is done about news of other replicas. */
export interface Watching {
  appended(jobId: JobId, nextIndex: number): void;
  /** Everything that may have been missed, and the leases. */
  lookAround(): Promise<void>;
  /** Other replicas' sessions or progress changed. */
  announced(): void;
  failed(error: unknown): void;
}

/** Keeps a replica's jobs, leases and presence in step with the other replicas. */
export class ReplicaWatch {
  #timer: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopListening: (() => Promise<void>) | undefined;
  #stopped = false;

  constructor(
    private readonly replicas: Replicas,
    private readonly presence: Presence,
    private readonly watching: Watching,
  ) {}

  start(): void {
    const { watching } = this;
    this.presence.onChange(() => this.#gather());
    this.#stopListening = this.replicas.listen({
      appended: (jobId, nextIndex) => watching.appended(jobId, nextIndex),
      announced: () => void this.#try(() => this.#hear()),
      reconnected: () => this.#look(),
    });
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.presence.onChange(() => {});
    await this.#stopListening?.();
    await this.#round;
  }

  /** One round at a time: while the database hangs they do not pile up. */
  #look(): void {
    this.#round = this.#round.then(() =>
      this.#try(async () => {
        await this.#announce();
        await this.#hear();
        await this.watching.lookAround();
      }),
    );
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      void this.#try(() => this.#announce());
    }, gatherMs);
  }

  #announce(): Promise<void> {
    return this.replicas.announce(this.presence.announcement(), leaseMs);
  }

  async #hear(): Promise<void> {
    this.presence.heard(await this.replicas.others());
    this.watching.announced();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.#stopped) return;
    try {
      await work();
    } catch (error) {
      if (!this.#stopped) this.watching.failed(error);
    }
  }
}
