import { type JobEvent, type JobId, jobIdOfSpec, toCodedError } from '../../contract/index.js';
import { Backups } from './backups.js';
import { CoordinatorProcess } from './coordinator-process.js';
import { DiskFull } from './disk-full.js';
import { judge } from './judgement.js';
import type { ParticipantDisk } from './memory-journal.js';
import { Exchange } from './memory-replicas.js';
import { memoryStore } from './memory-store.js';
import { Network } from './network.js';
import {
  coordinator,
  isServer,
  minuteMs,
  type Operation,
  overMs,
  type Party,
  type Plan,
  replica,
  type Span,
} from './operations.js';
import { ParticipantProcess } from './participant-process.js';
import { spot } from './random.js';
import { reachedStore } from './reached-store.js';
import { namesOf, oldOf, type RunSpec, specOf } from './setups.js';
import type { Outcome, Site, Undisturbed } from './site.js';
import { settled, VirtualTime } from './virtual-time.js';

const hourMs = 60 * minuteMs;
/** After the last fault: beyond every deadline of a job, one after the other. */
const patienceMs = 8 * hourMs;
/** Where the clock of a job starts. */
const beginMs = 1_800_000_000_000;
/** A supervisor starts a process again that ended by itself. */
const supervisedMs = 1000;

/** Processes on a site, the lines between them, and faults. */
export class World {
  readonly site: Site;
  /** Told of events that the store took. */
  stored: (events: readonly JobEvent[]) => void = () => {};
  readonly #time = new VirtualTime();
  readonly #plan: Plan;
  readonly #usual: Undisturbed | undefined;
  readonly #spec: RunSpec;
  readonly #jobId: JobId;
  readonly #names: readonly string[];
  readonly #servers: readonly Party[];
  readonly #network: Network;
  readonly #exchange = new Exchange(this.#time);
  readonly #coordinators = new Map<Party, CoordinatorProcess>();
  readonly #participants = new Map<string, ParticipantProcess>();
  readonly #log: string[] = [];
  readonly #writes = new Map<Party, number>();
  readonly #slow = new Map<string, number>();
  readonly #full = new Set<Party>();
  readonly #cutOff = new Set<Party>();
  readonly #deaf = new Set<Party>();
  readonly #resumesMs = new Map<Party, number>();
  readonly #gone = new Set<Party>();
  readonly #clockMs = new Map<Party, number>();
  readonly #restores: { seenBy: readonly string[] }[] = [];
  readonly #backups: Backups;
  #lives = 0;
  #questions = 0;
  #lastFaultMs = 0;
  #mostFiles = 0;

  /** @param usual the undisturbed job, which some laws compare with. */
  constructor(plan: Plan, site: Site, usual: Undisturbed | undefined) {
    this.#plan = plan;
    this.#usual = usual;
    this.site = site;
    this.#spec = specOf(plan.setup);
    this.#names = namesOf(plan.setup);
    this.#jobId = jobIdOfSpec(this.#spec);
    this.#backups = new Backups(site, this.#jobId, plan.operations);
    this.#servers = plan.setup.replicas ? [coordinator, replica] : [coordinator];
    this.#network = new Network({
      time: this.#time,
      operations: plan.operations,
      jitter: plan.setup.jitter,
      coordinators: () => this.#servers.map((who) => this.#serving(who)),
    });
  }

  get elapsedMs(): number {
    return this.site.atMs + this.#time.now;
  }

  async run(): Promise<Outcome> {
    const restore = this.#time.install();
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => this.#unheard(error));
    try {
      return await this.#live();
    } finally {
      await settled();
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
      restore();
    }
  }

  async #live(): Promise<Outcome> {
    const time = this.#time;
    this.#backups.make();
    for (const who of [...this.#servers, ...this.#names]) this.#start(who);
    for (const operation of this.#plan.operations) this.#schedule(operation);
    this.#told((process) => process.submit(this.#spec, 'ana', 'first try'));
    while (!this.#isOver() && (await time.advance(this.#lastFaultMs + patienceMs))) {
      this.#mostFiles = Math.max(this.#mostFiles, this.site.blobs.files.size);
    }
    const over = this.#isOver();
    // What is still on its way arrives, and changes nothing any more.
    const rest = time.now + 10_000;
    while (await time.advance(rest)) {}
    judge({
      ...{ plan: this.#plan, spec: this.#spec, jobId: this.#jobId, names: this.#names, site: this.site },
      ...{ network: this.#network, usual: this.#usual, over, gone: this.#gone, restores: this.#restores },
      ...{ mostFiles: this.#mostFiles, waitingTimers: time.waiting },
    });
    for (const process of [...this.#coordinators.values(), ...this.#participants.values()]) process.stop();
    return {
      failures: this.site.ledger.failures,
      state: this.#job?.row.state ?? 'nothing',
      events: this.#job?.events ?? [],
      durationMs: time.now,
      log: this.#log,
    };
  }

  /** Node ends a process whose promise was rejected unheard; somebody starts it again. */
  #unheard(error: unknown): void {
    const full = error instanceof Error && error.cause instanceof DiskFull ? error.cause : error;
    if (full instanceof DiskFull) {
      this.#note(`${full.who} ends: no room on its disk`);
      this.#stop(full.who, supervisedMs);
      return;
    }
    this.site.ledger.fail(`unheard rejection: ${error instanceof Error ? error.stack : String(error)}`);
  }

  #note(what: string): void {
    this.#log.push(`${(this.#time.now / 1000).toFixed(3)} s: ${what}`);
  }

  /** A call of the submitter, made until it is answered. */
  #told(call: (coordinator: CoordinatorProcess) => Promise<void>): void {
    const attempt = async (): Promise<void> => {
      try {
        await this.#network.call('ana', call);
      } catch (error) {
        const { code } = toCodedError(error);
        if (code === 'JOB_ENDED') return;
        await this.#time.delay(500);
        return attempt();
      }
    };
    void attempt();
  }

  #schedule(operation: Operation): void {
    const time = this.#time;
    this.#lastFaultMs = Math.max(this.#lastFaultMs, overMs(operation));
    const during = (atMs: number, forMs: number, begin: () => void, end: () => void) => {
      time.after(atMs, begin);
      time.after(atMs + forMs, end);
    };
    switch (operation.kind) {
      case 'crash': {
        const { who, atMs, downMs } = operation;
        time.after(atMs, () => this.#stop(who, downMs));
        return;
      }
      case 'partition': {
        const { who, atMs, forMs } = operation;
        time.after(atMs, () => {
          this.#note(`${who.join(', ')} cut off for ${forMs} ms`);
          this.#network.part(who);
        });
        if (forMs !== 'ever') time.after(atMs + forMs, () => this.#network.join(who));
        return;
      }
      case 'diskFull':
      case 'cutOff': {
        const { kind, who, atMs, forMs } = operation;
        const set = kind === 'diskFull' ? this.#full : this.#cutOff;
        during(
          atMs,
          forMs,
          () => set.add(who),
          () => set.delete(who),
        );
        return;
      }
      case 'deaf': {
        const { who, atMs, forMs } = operation;
        const hear = () => {
          this.#deaf.delete(who);
          this.#exchange.reconnected(`${who} ${this.#lives}`);
        };
        during(atMs, forMs, () => this.#deaf.add(who), hear);
        return;
      }
      case 'suspend': {
        const { who, atMs, forMs } = operation;
        time.after(atMs, () => this.#resumesMs.set(who, atMs + forMs));
        return;
      }
      case 'clock': {
        const { who = coordinator, atMs, byMs } = operation;
        time.after(atMs, () => {
          this.#note(`the clock of ${who} jumps by ${byMs} ms`);
          this.#clockMs.set(who, (this.#clockMs.get(who) ?? 0) + byMs);
        });
        return;
      }
      case 'slow': {
        const { who, atMs, forMs, workMs } = operation;
        during(
          atMs,
          forMs,
          () => this.#slow.set(who, workMs),
          () => this.#slow.delete(who),
        );
        return;
      }
      case 'cancel':
        time.after(operation.atMs, () => this.#told((process) => process.cancel(this.#spec, 'ana')));
        return;
      case 'revoke': {
        const { who, atMs } = operation;
        time.after(atMs, () => {
          this.#note(`the certificate of ${who} is revoked`);
          this.#network.revoke(who);
        });
        return;
      }
      case 'restore': {
        const { atMs, lost, downMs } = operation;
        time.after(atMs, () => this.#restore(lost, downMs));
        return;
      }
      case 'delay':
      case 'duplicate':
      case 'drop':
      case 'crashAtWrite':
        return;
    }
  }

  /** The operator stops every coordinator, puts a backup in the place of the store, and starts them again. */
  #restore(lost: number, downMs: number): void {
    // Nobody puts back a job that is over: whoever is through with it asks for nothing any more.
    const kept = this.#hasEnded ? undefined : this.#backups.restore(lost);
    if (kept === undefined) return;
    for (const who of this.#servers) this.#stop(who, downMs);
    this.#note(`the store is set back to ${kept} events`);
    const undoneAt = (name: string) => this.site.disks.get(name)?.undone(this.#jobId, kept) ?? [];
    this.site.ledger.setBack(this.#names.flatMap(undoneAt));
    const seenBy = this.#names.filter((name) => undoneAt(name).length > 0 && this.#isOpen(name));
    this.#restores.push({ seenBy });
  }

  #start(who: Party): void {
    if (this.#isRunning(who) || this.#gone.has(who)) return;
    this.#lives += 1;
    if (isServer(who)) this.#startCoordinator(who);
    else this.#startParticipant(who);
  }

  #startCoordinator(who: Party): void {
    const { store, ledger, blobs } = this.site;
    const own = memoryStore(
      store,
      (apply) => this.#write(who, apply),
      (events) => this.#took(events),
    );
    const line = {
      time: this.#time,
      latencyMs: () => 1 + spot(`${this.#plan.setup.jitter} store ${this.#questions++}`, 6),
      isCutOff: () => this.#cutOff.has(who),
      resumesMs: () => this.#resumesMs.get(who) ?? 0,
      hears: () => !this.#deaf.has(who) && !this.#cutOff.has(who),
      past: () => ledger.past,
    };
    const self = `${who} ${this.#lives}`;
    const process = new CoordinatorProcess({
      store: this.#plan.setup.replicas ? reachedStore(own, line, this.#exchange, self) : own,
      blobs,
      time: this.#time,
      nowMs: () => this.#nowMs(who),
      isRevoked: this.#plan.operations.some(({ kind }) => kind === 'revoke')
        ? (name) => this.#network.isRevoked(name)
        : undefined,
      log: {
        info: () => {},
        warn: () => {},
        error: (fields, message) => this.#note(`${who}: ${message} ${JSON.stringify(fields)}`),
      },
    });
    this.#coordinators.set(who, process);
    process.start().catch((error) => {
      // A store that does not answer: the process ends, and somebody starts it again.
      if (toCodedError(error).code === 'COORDINATOR_UNREACHABLE') this.#stop(who, supervisedMs);
      else ledger.fail(`${who} does not start: ${error}`);
    });
  }

  #startParticipant(name: string): void {
    const process = new ParticipantProcess({
      name,
      disk: this.site.disks.get(name) as ParticipantDisk,
      write: (apply) => this.#write(name, apply),
      time: this.#time,
      network: this.#network,
      ledger: this.site.ledger,
      old: oldOf(this.#plan.setup) === name,
      slownessMs: () => this.#slow.get(name) ?? 0,
      nowMs: () => this.#nowMs(name),
    });
    this.#participants.set(name, process);
    process.start();
  }

  #took(events: readonly JobEvent[]): void {
    this.stored(events);
    this.#backups.make();
  }

  #nowMs(who: Party): number {
    return beginMs + this.elapsedMs + (this.#clockMs.get(who) ?? 0);
  }

  #serving(who: Party): CoordinatorProcess | undefined {
    const process = this.#coordinators.get(who);
    return process?.alive ? process : undefined;
  }

  #isRunning(who: Party): boolean {
    return (isServer(who) ? this.#coordinators.get(who) : this.#participants.get(who))?.alive === true;
  }

  #stop(who: Party, downMs: Span): void {
    if (!this.#isRunning(who)) return;
    this.#note(`${who} stops for ${downMs} ms`);
    const server = this.#coordinators.get(who);
    server?.stop();
    if (server) this.#network.coordinatorStopped(server);
    this.#participants.get(who)?.stop();
    if (downMs === 'ever') this.#gone.add(who);
    else {
      this.#lastFaultMs = Math.max(this.#lastFaultMs, this.#time.now + downMs);
      this.#time.after(downMs, () => this.#start(who));
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

  get #job() {
    return this.site.store.jobs.get(this.#jobId);
  }

  get #hasEnded(): boolean {
    return ['finished', 'failed', 'cancelled'].includes(this.#job?.row.state ?? '');
  }

  #isOver(): boolean {
    if (this.#time.now <= this.#lastFaultMs) return false;
    return this.#hasEnded && !this.#names.some((name) => !this.#isOut(name) && this.#isOpen(name));
  }

  /** Nobody waits for it any more. */
  #isOut(name: string): boolean {
    return this.#gone.has(name) || this.#network.isRevoked(name);
  }

  /** It still has something to do; who never heard of the job has not. */
  #isOpen(name: string): boolean {
    return this.site.disks.get(name)?.jobs.get(this.#jobId)?.concluded === false;
  }
}
