import type { HexDigest, JobEvent, JobId } from '../../contract/index.js';
import type { RegistryLog } from '../identity/registry-log.js';
import type { JobStateKind } from '../rounds/index.js';
import type { Replicas } from './replicas.js';

/** A job's row: enough to list and to find what must go on after a restart. */
export interface JobRow {
  readonly jobId: JobId;
  readonly state: JobStateKind;
  readonly submittedMs: number;
  /** Undefined until the job ended. */
  readonly endedMs: number | undefined;
  /** Number of events, so also the index of the next one. */
  readonly nextIndex: number;
}

export interface NewJob {
  readonly jobId: JobId;
  readonly specDigest: HexDigest;
  /** Certificate name of the submitter; keys of different submitters are different keys. */
  readonly submitter: string;
  /** Empty when the submitter gave none. */
  readonly idempotencyKey: string;
  readonly first: JobEvent;
}

export interface StoreFacts {
  readonly kind: 'sqlite' | 'postgres';
  /** Number of the schema in it. */
  readonly schema: number;
  /** Size of the database on its disk. */
  readonly bytes: number;
}

/** `created`, `repeated` (the key's job, same spec), or why not. */
export type Created = 'created' | 'repeated' | 'other-spec' | 'replayed';

/**
 * Everything the coordinator must not forget. Every method is one transaction; what it returned is on disk.
 * Implementations pass tests/contract/store-suite.ts. A method rejects with COORDINATOR_UNREACHABLE while the database
 * does not answer, with STORAGE_FULL while it takes nothing: nothing or everything of the change is stored then, and the
 * sender repeats it.
 */
export interface Store {
  /** Stores a job's first event and its idempotency key together, or neither. */
  createJob(job: NewJob): Promise<Created>;
  /**
   * Appends to a transcript. `events[0].index` must be the number of events stored: the index is the fencing token of
   * everybody who decides about a job, however many replicas there are.
   * @returns false, with nothing stored, when another writer was first.
   */
  append(jobId: JobId, events: readonly JobEvent[], state: JobStateKind): Promise<boolean>;
  /** Up to `limit` events from `from` on, in order. */
  readEvents(jobId: JobId, from: number, limit: number): Promise<JobEvent[]>;
  findJob(jobId: JobId): Promise<JobRow | undefined>;
  /** Newest first. */
  listJobs(filter: { readonly states?: readonly JobStateKind[]; readonly limit: number }): Promise<JobRow[]>;
  /** Log of identities; every call asks it first. */
  readonly registryLog: RegistryLog;
  /** The other coordinators on this store; undefined where one process has the store to itself. */
  readonly replicas?: Replicas;
  /** What an operator is told of the store; stores of tests have nothing to tell. */
  readonly facts?: () => Promise<StoreFacts>;
  close(): Promise<void>;
}
