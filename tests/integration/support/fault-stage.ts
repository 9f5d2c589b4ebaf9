import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody } from '../../../contract/index.js';
import { onDiskOfItsOwn, type SmallDisk } from '../../support/small-disk.js';
import type { FaultCase, Who } from './fault-cases.js';
import { FaultProxy } from './fault-proxy.js';
import type { Processes } from './processes.js';
import type { Sight } from './sight.js';

/** Where Debian's package libfaketime puts what gives a process a clock of its own. */
const fakeTime = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;

/** What a fault needs of the machine and does not find there. */
export class NotHere extends Error {}

/**
 * Where faults are made: a federation of processes whose lines lead through proxies, whose clocks can jump and whose
 * disks can be full. One job at a time.
 */
export abstract class FaultStage {
  /** The line of each participant, and of the coordinators to their database. */
  readonly lines = new Map<string, FaultProxy>();
  readonly #disks = new Map<string, SmallDisk>();

  protected constructor(readonly processes: Processes) {}

  abstract readonly coordinators: readonly string[];
  /** Submits the next job, always of the same shape. */
  abstract submit(): Promise<Sight>;
  /** Whether a process is at a point of a job, as far as its files tell. */
  abstract reached(at: FaultCase['at'], name: string, job: Sight): boolean;
  /** Brings everybody back to where they were before the fault. */
  async restored(): Promise<void> {}

  /** The whole transcript, read anew. */
  async stored(job: Sight): Promise<readonly EventBody[]> {
    return job.transcripts.bodies(job.jobId, 0);
  }

  /** What the undisturbed job leads to as well: texts exactly, numbers nearly. */
  abstract modelOf(job: Sight): readonly (string | number)[];
  /** What the job took of budgets that outlive it. */
  abstract spent(job: Sight): string;

  get names(): readonly string[] {
    return this.processes.names;
  }

  async victims(who: Who, _job?: Sight): Promise<readonly string[]> {
    if (who === 'everybody') return [...this.coordinators, ...this.names];
    if (who === 'coordinator') return this.coordinators;
    return [this.names.find((name) => name.startsWith(who))!];
  }

  /** The lines over which a process is reached: a participant's own, a coordinator's of all participants. */
  linesOf(name: string): readonly FaultProxy[] {
    const own = this.names.includes(name) ? [name] : this.names;
    return own.map((each) => this.lines.get(each)!);
  }

  /** Folders in which a coordinator keeps ciphertexts. */
  get blobFolders(): string[] {
    return this.coordinators.map((name) => join(this.processes.home(name), 'blobs'));
  }

  diskOf(name: string): SmallDisk {
    const disk = this.#disks.get(name);
    if (disk === undefined) throw new NotHere('mounting a small disk needs root');
    return disk;
  }

  /** Whether processes can have clocks of their own here. */
  get clocksMove(): boolean {
    return existsSync(fakeTime);
  }

  /** Sets the clock of a process that was started with `withOwnClocks`. */
  setClock(name: string, offsetMs: number): void {
    if (!this.clocksMove)
      throw new NotHere('libfaketime is not installed (Debian: apt-get install libfaketime)');
    const path = this.#clockFile(name);
    writeFileSync(`${path}.new`, `${offsetMs < 0 ? '-' : '+'}${Math.abs(offsetMs) / 1000}`);
    renameSync(`${path}.new`, path);
  }

  async close(): Promise<void> {
    for (const line of this.lines.values()) line.close();
    // Homes cannot be deleted while disks are mounted there, nor disks taken away while processes write to them.
    await this.processes.kill(...this.coordinators, ...this.names).catch(() => undefined);
    for (const disk of this.#disks.values()) disk.unmount();
    await this.processes.close();
  }

  /** Gives processes clocks of their own from their next start on; without libfaketime nothing changes. */
  protected withOwnClocks(...names: readonly string[]): void {
    if (!this.clocksMove) return;
    for (const name of names) {
      this.setClock(name, 0);
      this.processes.environments.set(name, {
        LD_PRELOAD: fakeTime,
        FAKETIME_TIMESTAMP_FILE: this.#clockFile(name),
        // A jump is a jump, not one second later.
        FAKETIME_NO_CACHE: '1',
        // Timers and measured spans go by a clock that does not jump.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
    }
  }

  /** Moves homes of processes that do not run to small disks; where that is not allowed nothing changes. */
  protected withSmallDisks(...names: readonly string[]): void {
    for (const name of names) {
      const disk = onDiskOfItsOwn(this.processes.home(name));
      if (disk !== undefined) this.#disks.set(name, disk);
    }
  }

  /** Puts a proxy into the way of each participant to its coordinator, from its next start on. */
  protected async withLines(address: string): Promise<void> {
    for (const name of this.names) {
      const line = await FaultProxy.open(0, Number(address.split(':')[1]));
      this.lines.set(name, line);
      this.processes.options.set(name, ['--coordinator', `127.0.0.1:${line.port}`]);
    }
  }

  #clockFile(name: string): string {
    return join(this.processes.root, `${name}.clock`);
  }
}
