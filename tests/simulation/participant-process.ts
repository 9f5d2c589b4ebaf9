import { type CodedError, type ParticipantName, toCodedError } from '../../contract/index.js';
import type { Caller } from '../../coordinator/identity/index.js';
import { Duties, type DutyParts } from '../../participant/rounds/index.js';
import type { Link } from '../../participant/session/link.js';
import { ParticipantNode } from '../../participant/session/node.js';
import { passing } from '../../participant/session/passing.js';
import type { SessionHandlers } from '../../participant/session/session.js';
import type { CoordinatorProcess } from './coordinator-process.js';
import { digestOf } from './digest.js';
import { symbolicSigner } from './doubles/symbols.js';
import type { Ledger } from './laws.js';
import { memoryJournal, type ParticipantDisk } from './memory-journal.js';
import type { Write } from './memory-store.js';
import type { Network } from './network.js';
import { symbolicWork } from './symbolic-work.js';
import { mount, readVirtual, unmount, writeVirtual } from './virtual-files.js';
import type { VirtualTime } from './virtual-time.js';

export interface ParticipantParts {
  readonly name: string;
  readonly disk: ParticipantDisk;
  readonly write: Write;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly ledger: Ledger;
  /** It runs release 0.1. */
  readonly old: boolean;
  /** How much longer work takes now. */
  slownessMs(): number;
  nowMs(): number;
}

export function organisationOf(name: string): string {
  return `${name} Ltd`;
}

export function callerOf(name: string): Caller {
  return {
    name: name as ParticipantName,
    organisation: organisationOf(name),
    role: 'bank',
    certificateFingerprint: digestOf(`certificate of ${name}`),
    identityKey: symbolicSigner(name).publicKey,
  };
}

const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** One life of a participant's process: the product's node, runner and duties over a journal in memory. */
export class ParticipantProcess {
  readonly #parts: ParticipantParts;
  readonly #node: ParticipantNode;
  readonly #root: string;
  alive = true;

  constructor(parts: ParticipantParts) {
    this.#parts = parts;
    const { name, disk, time, ledger } = parts;
    const journal = memoryJournal(disk, (apply) => (this.alive ? parts.write(apply) : (undefined as never)));
    const link = this.#link() as unknown as Link;
    const caller = callerOf(name);
    const signer = symbolicSigner(name);
    this.#root = mount(disk.files, () => this.alive);
    const work = symbolicWork({
      witness: ledger,
      spend: (ms, signal) => this.#whileAlive(time.delay(ms + parts.slownessMs(), signal)),
    });
    const duties = new Duties({
      me: { name: caller.name, organisation: caller.organisation, party: 'bank' },
      certificateFingerprint: caller.certificateFingerprint,
      signer,
      journal,
      link,
      work,
      clock: { now: parts.nowMs },
      datasetFolder: 'data',
      jobsFolder: this.#root,
      compareSolo: false,
      approvalPollMs: 1000,
      judge: async () => ({ kind: 'approve', rule: 'any' }) as never,
      judgeVertical: async () => ({ kind: 'approve', rule: 'any', grant: {} }) as never,
      progress: () => {},
    } satisfies DutyParts);
    this.#node = new ParticipantNode({
      name: caller.name,
      version: parts.old ? '0.1.9' : '0.2.0',
      signer,
      journal,
      link,
      log: {
        ...silent,
        error: (fields: { code?: string; reason?: string }, message: string) => {
          if (message === 'left the job') this.#left(fields);
        },
      } as never,
      pinned: (peer) => ({ organisation: organisationOf(peer), identityKey: symbolicSigner(peer).publicKey }),
      duties: {
        perform: async (duty, transcript, signal, job) => {
          if ((duty.kind === 'reveal' || duty.kind === 'recover') && this.alive)
            ledger.reveals(name, duty.sum, transcript, disk);
          return duties.perform(duty, transcript, signal, job);
        },
        sweep: (transcript) => duties.sweep(transcript),
      } satisfies Pick<Duties, 'perform' | 'sweep'> as Duties,
    });
  }

  start(): void {
    this.#node.start();
  }

  /** The process is gone at once: what it still computes reaches no disk and no line. */
  stop(): void {
    this.alive = false;
    this.#node.close().catch(() => {});
    unmount(this.#root);
  }

  #left({ code, reason }: { readonly code?: string; readonly reason?: string }): void {
    if (this.alive) this.#parts.ledger.left(this.#parts.name, String(code), String(reason));
  }

  #whileAlive<T>(work: Promise<T>): Promise<T> {
    const never = new Promise<T>(() => {});
    return work.then(
      (value) => (this.alive ? value : never),
      (error) => {
        if (this.alive) throw error;
        return never;
      },
    );
  }

  /** What the product's link does, over the lines of the run. */
  #link(): Pick<Link, 'post' | 'upload' | 'download' | 'downloadParcel' | 'close'> & {
    session(version: string, handlers: SessionHandlers): unknown;
  } {
    const { name, disk, network, ledger } = this.#parts;
    const caller = callerOf(name);
    return {
      // One by one: what comes between posts of one call is what comes between calls.
      post: async (jobId, posts, signal) => {
        for (const post of posts) {
          if (this.alive) ledger.posts(post);
          const past = await this.#untilAnswered(signal, async (coordinator) => {
            await coordinator.post(caller, jobId, post);
            return ledger.past;
          });
          ledger.acknowledged(post, past);
        }
      },
      upload: async (what, path, signal) => {
        const { jobId, sum, to, digest } = what;
        const text = readVirtual(path);
        // A contribution is announced with the bytes of its true form.
        const bytes = to === '' ? disk.outgoing.get(`${jobId} ${sum}`)?.bytes : text?.length;
        if (!this.alive || text === undefined || bytes === undefined) return new Promise(() => {});
        ledger.uploads(`${name} ${to}`, sum, digest);
        await this.#untilAnswered(signal, (coordinator) => coordinator.upload(caller, what, text, bytes));
      },
      download: async ({ jobId, sum, digest }, path, signal) => {
        const text = await this.#untilAnswered(signal, (coordinator) =>
          coordinator.download(caller, { jobId, sum, from: '' }),
        );
        if (digestOf(text) !== digest) {
          ledger.fail(`${name} was given other bytes as sum ${sum} than announced`);
        }
        writeVirtual(path, text);
      },
      downloadParcel: async ({ jobId, sum, from, digest }, path, signal) => {
        const text = await this.#untilAnswered(signal, (coordinator) =>
          coordinator.download(caller, { jobId, sum, from }),
        );
        if (digestOf(text) !== digest)
          ledger.fail(`${name} was given another parcel of ${from} than announced`);
        writeVirtual(path, text);
      },
      close: () => {},
      session: (version, handlers) => {
        const event: SessionHandlers['event'] = (jobId, shown) => {
          if (this.#parts.old) ledger.shownToOlder(name, shown);
          handlers.event(jobId, shown);
        };
        return network.session(caller, version, { ...handlers, event });
      },
    };
  }

  /** As `Link` does: faults of the way are tried again, refusals are thrown. */
  async #untilAnswered<T>(
    signal: AbortSignal,
    serve: (coordinator: CoordinatorProcess) => Promise<T>,
  ): Promise<T> {
    const { name, network, time } = this.#parts;
    for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      signal.throwIfAborted();
      try {
        return await this.#whileAlive(network.call(name, serve));
      } catch (error) {
        if (!passing.has(toCodedError(error).code)) throw error as CodedError;
        await this.#whileAlive(time.delay(waitMs, signal));
      }
    }
  }
}
