import {
  CodedError,
  type JobEvent,
  type JobId,
  type JobSpec,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
} from '../../contract/index.js';
import type { Adder } from '../../coordinator/adding/index.js';
import type { Blobs, UploadPlace } from '../../coordinator/blobs/index.js';
import type { Caller } from '../../coordinator/identity/index.js';
import { JobBook, type JobLog } from '../../coordinator/jobs/index.js';
import { Transfer } from '../../coordinator/rpc/transfer.js';
import type { Store } from '../../coordinator/store/index.js';
import { sumBytes, uploadBytes } from '../../crypto/secure-sum/index.js';
import { addMasked, digestOf, type Masked } from './symbolic-work.js';
import type { VirtualTime } from './virtual-time.js';

/** Ciphertexts that outlive the process: file -> text. */
export class BlobDisk {
  readonly files = new Map<string, string>();
}

export interface CoordinatorParts {
  readonly store: Store;
  readonly blobs: BlobDisk;
  readonly time: VirtualTime;
  readonly log: JobLog;
  nowMs(): number;
}

/** One life of the coordinator's process: the product's job book and transfer over a store in memory. */
export class CoordinatorProcess {
  readonly book: JobBook;
  readonly #transfer: Transfer;
  readonly #parts: CoordinatorParts;
  readonly #stopped: Promise<'stopped'>;
  #stop: (reason: 'stopped') => void = () => {};
  alive = true;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    const blobs = memoryBlobs(parts.blobs, (work) => this.#whileAlive(work));
    const store = aliveStore(parts.store, (work) => this.#whileAlive(work));
    const adder = memoryAdder(parts.blobs, parts.time);
    this.book = new JobBook({ store, blobs, adder, clock: { now: parts.nowMs }, log: parts.log });
    this.#transfer = new Transfer(this.book, blobs);
  }

  start(): Promise<void> {
    return this.book.restore();
  }

  /** The process is gone at once: nothing it still computes reaches a disk, a timer or a caller. */
  stop(): void {
    this.alive = false;
    this.#stop('stopped');
    void this.book.close();
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
    what: { jobId: JobId; sum: number; digest: string },
    text: string,
    bytes: number,
  ) {
    const query = { ...what, to: '' };
    const at = await this.#transfer.uploadStatus(caller, query);
    if (at.complete) return;
    const messages = async function* () {
      yield { header: { ...query, bytes, offset: at.receivedBytes } };
      yield { chunk: Buffer.from(text) };
    };
    await this.#transfer.upload(caller, messages() as never);
  }

  async download(caller: Caller, what: { jobId: JobId; sum: number }): Promise<string> {
    const parts: Uint8Array[] = [];
    const call = {
      request: { ...what, from: '', offset: 0 },
      cancelled: false,
      write: ({ chunk }: { chunk: Uint8Array }) => parts.push(chunk) > 0,
    };
    await this.#transfer.download(caller, call as never);
    return Buffer.concat(parts).toString();
  }

  /** Shows a participant its transcripts from its cursors on, and what comes, until the returned function is called. */
  follow(
    name: string,
    cursors: readonly { readonly jobId: JobId; readonly nextIndex: number }[],
    show: (jobId: JobId, event: JobEvent) => void,
  ): () => void {
    const at = new Map<JobId, number>();
    const pumping = new Set<JobId>();
    let followed = true;
    const pump = async (jobId: JobId) => {
      if (pumping.has(jobId)) return;
      pumping.add(jobId);
      for (;;) {
        const events = await this.#parts.store.readEvents(jobId, at.get(jobId) ?? 0, 100);
        if (!followed || !this.alive || events.length === 0) break;
        for (const event of events) {
          at.set(jobId, event.index + 1);
          if (isFor(name, event)) show(jobId, event);
        }
      }
      pumping.delete(jobId);
    };
    const unsubscribe = this.book.subscribe(({ charter }) => {
      if (charter.roster.includes(name as ParticipantName)) void pump(charter.jobId);
    });
    for (const { jobId, nextIndex } of cursors) {
      at.set(jobId, nextIndex);
      void pump(jobId);
    }
    for (const { jobId, state } of this.book.live()) {
      if (state.charter.roster.includes(name as ParticipantName)) void pump(jobId);
    }
    return () => {
      followed = false;
      unsubscribe();
    };
  }

  #whileAlive<T>(work: () => Promise<T>): Promise<T> {
    if (!this.alive) return new Promise(() => {});
    return work().then((value) => (this.alive ? value : new Promise<T>(() => {})));
  }
}

function isFor(name: string, { body }: JobEvent): boolean {
  if (body.kind !== 'posted' || body.post.body.kind !== 'sealed') return true;
  return body.post.body.to === name || body.post.sender === name;
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

/** Uploads arrive whole: parts of files are the matter of the blobs' own tests. */
function memoryBlobs({ files }: BlobDisk, whileAlive: WhileAlive): Blobs {
  const bytesOf = (path: string) => Number(files.get(`${path}/bytes`) ?? 0);
  const uploadPath = ({ jobId, sum, sender }: UploadPlace, digest: string) =>
    `${jobId}/${sum}/${sender}/${digest}`;
  const sumPath = (jobId: JobId, sum: number) => `${jobId}/${sum}/added`;
  const remove = (prefix: string) => {
    for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
  };
  async function* read(path: string): AsyncGenerator<Uint8Array> {
    const text = files.get(path);
    if (text === undefined) throw new CodedError('ROUND_UNKNOWN', 'these bytes are no longer stored');
    yield Buffer.from(text);
  }
  return {
    uploadStatus: async (place, digest) => {
      const path = uploadPath(place, digest);
      return { receivedBytes: bytesOf(path), complete: files.has(path) };
    },
    receiveUpload: (place, header, chunks) =>
      whileAlive(async () => {
        const path = uploadPath(place, header.digest);
        const other = [...files.keys()].find(
          (file) => file.startsWith(`${place.jobId}/${place.sum}/${place.sender}/`) && !file.startsWith(path),
        );
        if (other) throw new CodedError('MESSAGE_CONFLICT', 'other bytes were uploaded in this place');
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        const text = Buffer.concat(parts).toString();
        if (digestOf(text) !== header.digest) throw new CodedError('UPLOAD_DIGEST', 'other bytes');
        files.set(path, text);
        files.set(`${path}/bytes`, String(header.bytes));
        return { receivedBytes: header.bytes, complete: true };
      }),
    uploadPath: async (place, digest) => uploadPath(place, digest),
    sumPath: async (jobId, sum) => sumPath(jobId, sum),
    keepSum: async () => {},
    readSum: (jobId, sum) => read(sumPath(jobId, sum)),
    readUpload: (place, digest) => read(uploadPath(place, digest)),
    removeSum: (jobId, sum) => whileAlive(async () => remove(`${jobId}/${sum}/`)),
    removeJob: (jobId) => whileAlive(async () => remove(`${jobId}/`)),
    jobs: async () => [...new Set([...files.keys()].map((path) => path.split('/')[0] as JobId))],
  } satisfies Blobs;
}

const addingMs = 30;

function memoryAdder({ files }: BlobDisk, time: VirtualTime): Adder {
  return {
    uploadBytes,
    sumBytes,
    describe: () => 'symbolic',
    add: async ({ uploads, output, ...shape }) => {
      await time.delay(addingMs);
      const texts = uploads.map(({ path }) => files.get(path));
      if (texts.includes(undefined)) throw new Error('an upload that should be added is gone');
      const text = JSON.stringify(addMasked(texts.map((one) => JSON.parse(one as string) as Masked)));
      files.set(output, text);
      return { digest: digestOf(text), bytes: sumBytes(shape) };
    },
    close: async () => {},
  };
}
