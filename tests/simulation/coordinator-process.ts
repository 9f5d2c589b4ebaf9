import { EventEmitter } from 'node:events';
import {
  type CodedError,
  type JobEvent,
  type JobId,
  type JobSpec,
  jobIdOfSpec,
  type Post,
} from '../../contract/index.js';
import type { Caller } from '../../coordinator/identity/index.js';
import { JobBook, type JobLog, RevocationWatch } from '../../coordinator/jobs/index.js';
import { SessionHub } from '../../coordinator/rpc/session-hub.js';
import { Transfer } from '../../coordinator/rpc/transfer.js';
import type { Store } from '../../coordinator/store/index.js';
import { type BlobDisk, memoryAdder, memoryBlobs } from './memory-blobs.js';
import type { VirtualTime } from './virtual-time.js';

export interface CoordinatorParts {
  readonly store: Store;
  readonly blobs: BlobDisk;
  readonly time: VirtualTime;
  readonly log: JobLog;
  nowMs(): number;
  /** Whose certificate was revoked; undefined in a run where nobody's is, so that nobody has to look. */
  readonly isRevoked: ((name: string) => boolean) | undefined;
}

/** Where a coordinator's half of a session sends what it shows. */
export interface Shown {
  welcome(): void;
  event(jobId: JobId, event: JobEvent): void;
  over(error?: CodedError): void;
}

/** Heartbeats are the matter of the session's own tests: a broken line is told here as soon as it breaks. */
const heartbeatMs = 2 ** 40;
const version = '0.2.0';
/** Readers take what they asked for at once. */
const unreadMs = 60_000;

/** One life of a coordinator's process: the product's job book, sessions and transfer over a store in memory. */
export class CoordinatorProcess {
  readonly book: JobBook;
  readonly #transfer: Transfer;
  readonly #hub: SessionHub;
  readonly #shown = new Map<string, Shown>();
  readonly #revocations: RevocationWatch | undefined;
  readonly #stopped: Promise<'stopped'>;
  #stop: (reason: 'stopped') => void = () => {};
  alive = true;

  constructor(parts: CoordinatorParts) {
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    const blobs = memoryBlobs(parts.blobs, (work) => this.#whileAlive(work));
    const { time, log } = parts;
    const store = aliveStore(parts.store, (work) => this.#whileAlive(work));
    const adder = memoryAdder(parts.blobs, time);
    this.book = new JobBook({ store, blobs, adder, clock: { now: parts.nowMs }, log });
    const { isRevoked } = parts;
    const registry = isRevoked && { refresh: async () => {}, isRevoked };
    this.#revocations = registry && new RevocationWatch(registry, this.book, log);
    this.#transfer = new Transfer(this.book, blobs, unreadMs);
    this.#hub = new SessionHub({
      ...{ book: this.book, store, heartbeatMs, version, log },
      registry: undefined as never,
      scores: { lost() {} } as never,
      // Shown as it is: the form on the wire is the matter of the contract's tests.
      deliver: (receiver, jobId, event) => {
        if (this.alive) this.#shown.get(receiver)?.event(jobId, event);
        return undefined;
      },
    });
  }

  async start(): Promise<void> {
    await this.book.restore();
    if (this.alive) this.#revocations?.start();
  }

  /** The process is gone at once: nothing it still computes reaches a disk, a timer or a caller. */
  stop(): void {
    this.alive = false;
    this.#stop('stopped');
    this.#revocations?.stop().catch(() => {});
    this.book.close().catch(() => {});
  }

  untilStopped<T>(work: Promise<T>): Promise<T | 'stopped'> {
    return Promise.race([work, this.#stopped]);
  }

  async submit(spec: JobSpec, submitter: string, key: string): Promise<void> {
    await this.book.submit(spec, { name: submitter, organisation: `${submitter} Ltd` }, key);
  }

  async post(caller: Caller, jobId: JobId, post: Post): Promise<void> {
    const job = await this.book.find(jobId);
    await job.post(post, caller);
  }

  async cancel(spec: JobSpec, by: string): Promise<void> {
    const job = await this.book.find(jobIdOfSpec(spec));
    await job.cancel(by, 'told to');
  }

  async upload(
    caller: Caller,
    what: { jobId: JobId; sum: number; to: string; digest: string },
    text: string,
    bytes: number,
  ) {
    const at = await this.#transfer.uploadStatus(caller, what);
    if (at.complete) return;
    const messages = async function* () {
      yield { header: { ...what, bytes, offset: at.receivedBytes } };
      yield { chunk: Buffer.from(text) };
    };
    await this.#transfer.upload(caller, messages() as never);
  }

  async download(caller: Caller, what: { jobId: JobId; sum: number; from: string }): Promise<string> {
    const parts: Uint8Array[] = [];
    const call = Object.assign(new EventEmitter(), {
      request: { ...what, offset: 0 },
      cancelled: false,
      write: (message: Uint8Array, taken: () => void) => {
        parts.push(chunkOf(message));
        taken();
      },
    });
    await this.#transfer.download(caller, call as never);
    return Buffer.concat(parts).toString();
  }

  /** Opens a session until the returned function is called; the newest of a participant is the one that counts. */
  open(caller: Caller, hello: object, shown: Shown): () => void {
    const stream = new EventEmitter();
    const write = ({ welcome }: { readonly welcome?: object }, taken: () => void) => {
      if (welcome) shown.welcome();
      taken();
    };
    const call = Object.assign(stream, { cancelled: false, writableLength: 0, write });
    this.#hub.serve(caller, call as never).then(
      () => shown.over(),
      (error) => shown.over(error),
    );
    this.#shown.set(caller.name, shown);
    stream.emit('data', { body: 'hello', hello });
    return () => {
      call.cancelled = true;
      if (this.alive) stream.emit('cancelled');
    };
  }

  #whileAlive<T>(work: () => Promise<T>): Promise<T> {
    if (!this.alive) return new Promise(() => {});
    return work().then(
      (value) => (this.alive ? value : new Promise<T>(() => {})),
      (error) => {
        if (this.alive) throw error;
        return new Promise<T>(() => {});
      },
    );
  }
}

/** Of a DownloadResponse in its bytes: behind the tag, and a length in groups of seven bits. */
function chunkOf(message: Uint8Array): Uint8Array {
  return message.subarray(1 + message.subarray(1).findIndex((byte) => byte < 128) + 1);
}

type WhileAlive = <T>(work: () => Promise<T>) => Promise<T>;

function aliveStore(store: Store, whileAlive: WhileAlive): Store {
  return {
    ...store,
    createJob: (job) => whileAlive(() => store.createJob(job)),
    append: (...call) => whileAlive(() => store.append(...call)),
    readEvents: (...call) => whileAlive(() => store.readEvents(...call)),
    findJob: (jobId) => whileAlive(() => store.findJob(jobId)),
    listJobs: (filter) => whileAlive(() => store.listJobs(filter)),
  };
}
