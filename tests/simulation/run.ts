import {
  type HorizontalSpec,
  type JobEvent,
  type JobId,
  jobIdOfSpec,
  toCodedError,
} from '../../contract/index.js';
import { type JobState, step } from '../../coordinator/rounds/index.js';
import { BlobDisk, CoordinatorProcess } from './coordinator-process.js';
import { Ledger } from './laws.js';
import { ParticipantDisk } from './memory-journal.js';
import { memoryStore, StoreDisk, type Write } from './memory-store.js';
import { Network } from './network.js';
import {
  coordinator,
  minuteMs,
  namesOf,
  type Operation,
  type Party,
  type Plan,
  type Span,
  specOf,
} from './operations.js';
import { ParticipantProcess } from './participant-process.js';
import { settled, VirtualTime } from './virtual-time.js';

const hourMs = 60 * minuteMs;
/** After the last fault: beyond every deadline of a job, one after the other. */
const patienceMs = 40 * hourMs;
/** Where the clock of a run starts. */
const beginMs = 1_800_000_000_000;
/** A supervisor starts a process again that ended by itself. */
const supervisedMs = 1000;
/** Timers of a world at rest: sessions that try again, and the last deadline. */
const fewTimers = 40;

export interface Outcome {
  readonly failures: readonly string[];
  /** State of the job in the coordinator's store. */
  readonly state: string;
  readonly events: readonly JobEvent[];
  readonly durationMs: number;
  /** What happened when, for people. */
  readonly log: readonly string[];
}

/** Runs a plan to its end and holds the laws against it. */
export async function run(plan: Plan): Promise<Outcome> {
  const world = new World(plan);
  const restore = world.time.install();
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => world.unheard(error));
  try {
    return await world.live();
  } finally {
    await settled();
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
    restore();
  }
}

/** A write that finds no room, as SQLite says it. */
class DiskFull extends Error {
  readonly code = 'SQLITE_FULL';

  constructor(readonly who: Party) {
    super(`no room on the disk of ${who}`);
  }

  /** As the party's own store says it: journals throw what SQLite does, of the coordinator's `store.ts` says how. */
  asThrown(): Error {
    return this.who === coordinator ? toCodedError(this) : this;
  }
}

class World {
  readonly time = new VirtualTime();
  readonly #plan: Plan;
  readonly #spec: HorizontalSpec;
  readonly #jobId: JobId;
  readonly #names: readonly string[];
  readonly #ledger: Ledger;
  readonly #network: Network;
  readonly #storeDisk = new StoreDisk();
  readonly #blobs = new BlobDisk();
  readonly #disks: ReadonlyMap<string, ParticipantDisk>;
  readonly #participants = new Map<string, ParticipantProcess>();
  readonly #log: string[] = [];
  readonly #writes = new Map<Party, number>();
  readonly #slow = new Map<string, number>();
  readonly #full = new Set<Party>();
  readonly #gone = new Set<Party>();
  #coordinator: CoordinatorProcess | undefined;
  #clockMs = beginMs;
  #lastFaultMs = 0;
  #mostFiles = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#spec = specOf(plan.setup);
    this.#names = namesOf(plan.setup);
    this.#jobId = jobIdOfSpec(this.#spec);
    this.#ledger = new Ledger(this.#jobId);
    this.#disks = new Map(this.#names.map((name) => [name, new ParticipantDisk()]));
    this.#network = new Network({
      time: this.time,
      operations: plan.operations,
      jitter: plan.setup.jitter,
      coordinator: () => (this.#coordinator?.alive ? this.#coordinator : undefined),
    });
  }

  async live(): Promise<Outcome> {
    this.#start(coordinator);
    for (const name of this.#names) this.#start(name);
    for (const operation of this.#plan.operations) this.#schedule(operation);
    this.#told((process) => process.submit(this.#spec, 'ana', 'first try'));
    while (!this.#isOver() && (await this.time.advance(this.#lastFaultMs + patienceMs))) {
      this.#mostFiles = Math.max(this.#mostFiles, this.#blobs.files.size);
    }
    const over = this.#isOver();
    // What is still on its way arrives, and changes nothing any more.
    const rest = this.time.now + 10_000;
    while (await this.time.advance(rest)) {}
    this.#judge(over);
    for (const process of [this.#coordinator, ...this.#participants.values()]) process?.stop();
    const { failures } = this.#ledger;
    return {
      failures,
      state: this.#state(),
      events: this.#events(),
      durationMs: this.time.now,
      log: this.#log,
    };
  }

  /** Node ends a process whose promise was rejected unheard; somebody starts it again. */
  unheard(error: unknown): void {
    const full = error instanceof Error && error.cause instanceof DiskFull ? error.cause : error;
    if (full instanceof DiskFull) {
      this.#note(`${full.who} ends: no room on its disk`);
      this.#stop(full.who, supervisedMs);
    } else this.#ledger.fail(`unheard rejection: ${error instanceof Error ? error.stack : String(error)}`);
  }

  #note(what: string): void {
    this.#log.push(`${(this.time.now / 1000).toFixed(3)} s: ${what}`);
  }

  /** A call of the submitter, made until it is answered. */
  #told(call: (coordinator: CoordinatorProcess) => Promise<void>): void {
    const attempt = async (): Promise<void> => {
      try {
        await this.#network.call('ana', call);
      } catch (error) {
        const { code } = toCodedError(error);
        if (code === 'JOB_ENDED') return;
        await this.time.delay(500);
        return attempt();
      }
    };
    void attempt();
  }

  #schedule(operation: Operation): void {
    const until = (atMs: number, forMs: Span) => {
      if (forMs !== 'ever') this.#lastFaultMs = Math.max(this.#lastFaultMs, atMs + forMs);
    };
    const { time } = this;
    switch (operation.kind) {
      case 'crash': {
        const { who, atMs, downMs } = operation;
        until(atMs, downMs);
        time.after(atMs, () => this.#stop(who, downMs));
        return;
      }
      case 'partition': {
        const { who, atMs, forMs } = operation;
        until(atMs, forMs);
        time.after(atMs, () => {
          this.#note(`${who.join(', ')} cut off for ${forMs} ms`);
          this.#network.part(who);
        });
        if (forMs !== 'ever') time.after(atMs + forMs, () => this.#network.join(who));
        return;
      }
      case 'diskFull': {
        const { who, atMs, forMs } = operation;
        until(atMs, forMs);
        time.after(atMs, () => this.#full.add(who));
        time.after(atMs + forMs, () => this.#full.delete(who));
        return;
      }
      case 'clock': {
        until(operation.atMs, Math.abs(operation.byMs));
        time.after(operation.atMs, () => {
          this.#note(`the coordinator's clock jumps by ${operation.byMs} ms`);
          this.#clockMs += operation.byMs;
        });
        return;
      }
      case 'slow': {
        const { who, atMs, forMs, workMs } = operation;
        until(atMs, forMs + workMs);
        time.after(atMs, () => this.#slow.set(who, workMs));
        time.after(atMs + forMs, () => this.#slow.delete(who));
        return;
      }
      case 'cancel':
        until(operation.atMs, 0);
        time.after(operation.atMs, () => this.#told((process) => process.cancel(this.#spec, 'ana')));
        return;
      case 'delay':
        return until(0, operation.ms);
      case 'duplicate':
        return until(0, operation.afterMs);
      case 'drop':
      case 'crashAtWrite':
        return;
    }
  }

  #start(who: Party): void {
    if (this.#isRunning(who)) return;
    const write: Write = (apply) => this.#write(who, apply);
    if (who === coordinator) {
      const process = new CoordinatorProcess({
        store: memoryStore(this.#storeDisk, write),
        blobs: this.#blobs,
        time: this.time,
        nowMs: () => this.#clockMs + this.time.now,
        log: {
          info: () => {},
          warn: () => {},
          error: (fields, message) => this.#note(`coordinator: ${message} ${JSON.stringify(fields)}`),
        },
      });
      this.#coordinator = process;
      process.start().catch((error) => this.#ledger.fail(`the coordinator does not start: ${error}`));
      return;
    }
    const process = new ParticipantProcess({
      name: who,
      disk: this.#disks.get(who) as ParticipantDisk,
      write,
      time: this.time,
      network: this.#network,
      ledger: this.#ledger,
      slownessMs: () => this.#slow.get(who) ?? 0,
    });
    this.#participants.set(who, process);
    process.start();
  }

  #isRunning(who: Party): boolean {
    return (who === coordinator ? this.#coordinator : this.#participants.get(who))?.alive === true;
  }

  #stop(who: Party, downMs: Span): void {
    if (!this.#isRunning(who)) return;
    this.#note(`${who} stops for ${downMs} ms`);
    if (who === coordinator) {
      this.#coordinator?.stop();
      this.#network.coordinatorStopped();
    } else this.#participants.get(who)?.stop();
    if (downMs === 'ever') this.#gone.add(who);
    else {
      this.#lastFaultMs = Math.max(this.#lastFaultMs, this.time.now + downMs);
      this.time.after(downMs, () => this.#start(who));
    }
  }

  #write<T>(who: Party, apply: () => T): T {
    const number = (this.#writes.get(who) ?? 0) + 1;
    this.#writes.set(who, number);
    const crash = this.#plan.operations.find(
      (one): one is Extract<Operation, { kind: 'crashAtWrite' }> =>
        one.kind === 'crashAtWrite' && one.who === who && one.write === number,
    );
    if (this.#full.has(who)) throw new DiskFull(who).asThrown();
    if (crash?.torn) {
      this.#stop(who, crash.downMs);
      // Nobody hears this: the process is gone.
      return undefined as T;
    }
    const result = apply();
    if (crash) this.#stop(who, crash.downMs);
    return result;
  }

  #events(): readonly JobEvent[] {
    return this.#storeDisk.jobs.get(this.#jobId)?.events ?? [];
  }

  #state(): string {
    return this.#storeDisk.jobs.get(this.#jobId)?.row.state ?? 'nothing';
  }

  #hasEnded(): boolean {
    return ['finished', 'failed', 'cancelled'].includes(this.#state());
  }

  #isOver(): boolean {
    return this.time.now > this.#lastFaultMs && this.#hasEnded() && this.#open().length === 0;
  }

  #judge(over: boolean): void {
    const { fail } = { fail: (what: string) => this.#ledger.fail(what) };
    const events = this.#events();
    const ended = events.at(-1)?.body;
    const was = (kind: Operation['kind']) => this.#plan.operations.some((one) => one.kind === kind);
    this.#ledger.checkSums(this.#spec, events);
    this.#ledger.checkStored(events, this.#disks);
    let folded: JobState | undefined;
    try {
      for (const event of events) folded = step(folded, event);
      if ((folded?.kind ?? 'nothing') !== this.#state())
        fail(`the store says ${this.#state()}, its events say ${folded?.kind}`);
    } catch (error) {
      fail(`the stored transcript does not fold: ${error}`);
    }
    for (const [who, why] of this.#ledger.leaving) fail(`${who} left: ${why}`);
    if (!over) fail(`the job is ${this.#state()} and nothing happens: ${this.#whoWaits()}`);
    const mayMiss = this.#plan.setup.deadlines === 'short' || this.#gone.size > 0;
    if (ended?.kind === 'failed') {
      const explained = ended.code === 'DEADLINE_MISSED' && mayMiss;
      if (!explained) fail(`the job failed: ${ended.code}, ${ended.detail}`);
    }
    if (ended?.kind === 'cancelled' && !was('cancel')) fail('nobody cancelled the job');
    if (ended?.kind === 'finished') {
      for (const name of this.#names) {
        const kept = this.#disks.get(name)?.jobs.get(this.#jobId)?.state;
        if (!this.#gone.has(name) && !this.#ledger.leaving.has(name) && kept !== 'finished') {
          fail(`the job finished, and ${name} has it as ${kept}`);
        }
      }
    }
    this.#judgeGrowth(over);
  }

  /** Bounds that depend on the job alone, however long it took (law 9). */
  #judgeGrowth(over: boolean): void {
    const n = this.#names.length;
    const sums = this.#spec.training.rounds + 3;
    const mostEvents = 6 * n * (sums + 6) + 2 * n * n;
    if (this.#events().length > mostEvents)
      this.#ledger.fail(`${this.#events().length} events of at most ${mostEvents}`);
    const mostFiles = sums * (2 * n + 1);
    if (this.#mostFiles > mostFiles)
      this.#ledger.fail(`${this.#mostFiles} stored files of at most ${mostFiles}`);
    if (over && this.time.waiting > fewTimers)
      this.#ledger.fail(`${this.time.waiting} timers wait after the end`);
    for (const name of this.#names) {
      if (this.#network.sessionsOf(name) > 1) this.#ledger.fail(`${name} has more than one session`);
    }
  }

  /** Who is there and still has something to do; who never heard of the job has not. */
  #open(): string[] {
    const isOpen = (name: string) => this.#disks.get(name)?.jobs.get(this.#jobId)?.concluded === false;
    return this.#names.filter((name) => !this.#gone.has(name) && isOpen(name));
  }

  #whoWaits(): string {
    return `after ${this.#events().at(-1)?.body.kind}, not concluded: ${this.#open().join(', ')}`;
  }
}
