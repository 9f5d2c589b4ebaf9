import type { JobId } from '../../contract/index.js';

/**
 * A replica's turn at a job's timers and adding. It saves work that would be done twice; that a transcript stays right
 * rests on the index check of `Store.append` alone, so a lease that is held by two for a moment does no harm.
 */
export interface Lease {
  readonly jobId: JobId;
  /** Grows each time the lease changes hands. */
  readonly token: number;
}

/** What one replica lets the others know about itself; the text is the publisher's own form. */
export interface Announcement {
  readonly replica: string;
  readonly text: string;
}

/** Told as things happen; what was missed while the connection was down is looked up after `reconnected`. */
export interface ReplicaListener {
  appended?(jobId: JobId, nextIndex: number): void;
  announced?(): void;
  /** Letters for this replica are waiting, or may be: told every few seconds too, as news of them can be lost. */
  letters?(): void;
  reconnected?(): void;
}

/**
 * What coordinator processes on one store say to each other. Nothing here is durable, and nothing that must not be
 * lost depends on it: who hears nothing looks again every few seconds.
 */
export interface Replicas {
  /** Names this process among those on the store; drawn at every start. */
  readonly self: string;
  /** Takes leases that are free or run out, renews own ones for `ttlMs`, and gives all of `jobIds` it then holds. */
  claim(jobIds: readonly JobId[], ttlMs: number): Promise<Lease[]>;
  /** Gives own leases back: others need not wait until they run out. */
  release(): Promise<void>;
  /** Replaces what this replica announced. It counts for `ttlMs`. */
  announce(text: string, ttlMs: number): Promise<void>;
  /** What the other replicas announced and still counts. */
  others(): Promise<Announcement[]>;
  /** Leaves a letter for another replica. */
  send(to: string, letter: string): Promise<void>;
  /** Takes the letters for this replica; they are stored no longer. */
  receive(): Promise<string[]>;
  /** Listens until the returned function is called. */
  listen(listener: ReplicaListener): () => Promise<void>;
}
