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
  /** Keeps the leases. Waits for no job: one that is slow would cost the others theirs. */
  renew(): Promise<void>;
  /** Everything that may have been missed. */
  lookAround(): Promise<void>;
  /** Other replicas' sessions or progress changed. */
  announced(): void;
  failed(error: unknown): void;
}

/** Work that is done again and again, never twice at once: while the database hangs it does not pile up. */
class Round {
  #asked = false;
  #under: Promise<void> | undefined;

  /** @param work never fails. */
  constructor(private readonly work: () => Promise<void>) {}

  /** Has it done from the beginning: once more if it is under way, however often that is asked. */
  ask(): void {
    this.#asked = true;
    this.#under ??= this.#go();
  }

  async done(): Promise<void> {
    await this.#under;
  }

  async #go(): Promise<void> {
    while (this.#asked) {
      this.#asked = false;
      await this.work();
    }
    this.#under = undefined;
  }
}

/** Keeps a replica's jobs, leases and presence in step with the other replicas. */
export class ReplicaWatch {
  #timer: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  /** Apart from each other: transcripts can be long, and leases run out. */
  readonly #renewal = new Round(() => this.#try(() => this.watching.renew()));
  readonly #look = new Round(() =>
    this.#try(async () => {
      await this.#announce();
      await this.#hear();
      await this.watching.lookAround();
    }),
  );
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
      reconnected: () => this.#both(),
    });
    this.#timer = setInterval(() => this.#both(), lookMs);
    this.#both();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.presence.onChange(() => {});
    await this.#stopListening?.();
    await Promise.all([this.#renewal.done(), this.#look.done()]);
  }

  #both(): void {
    this.#renewal.ask();
    this.#look.ask();
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
