import { CodedError, type JobEvent, type JobId, toCodedError } from '../../contract/index.js';
import type { Caller } from '../../coordinator/identity/index.js';
import type { SessionHandlers } from '../../participant/session/session.js';
import type { CoordinatorProcess } from './coordinator-process.js';
import type { Operation } from './operations.js';
import { spot } from './random.js';
import type { VirtualTime } from './virtual-time.js';

/** How long a caller waits for an answer that does not come. */
const silenceMs = 2000;

interface NetworkParts {
  readonly time: VirtualTime;
  readonly operations: readonly Operation[];
  readonly jitter: number;
  /** The coordinator's processes by address; undefined while one does not run. */
  coordinators(): readonly (CoordinatorProcess | undefined)[];
}

/** Lines between participants and coordinators: each message takes its own time, some are lost or come twice. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #calls = new Map<string, number>();
  readonly #apart = new Map<string, number>();
  readonly #revoked = new Set<string>();
  readonly #sessions = new Set<SimSession>();
  /** The address that each participant asks now. */
  readonly #at = new Map<string, number>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  part(names: readonly string[]): void {
    for (const name of names) this.#apart.set(name, (this.#apart.get(name) ?? 0) + 1);
    for (const session of [...this.#sessions]) if (names.includes(session.name)) session.lose();
  }

  join(names: readonly string[]): void {
    for (const name of names) this.#apart.set(name, (this.#apart.get(name) ?? 1) - 1);
  }

  /** From now on every call of it is refused; an open session ends, as it does at the next look at its certificate. */
  revoke(name: string): void {
    this.#revoked.add(name);
    for (const session of [...this.#sessions]) if (session.name === name) session.lose(revokedOf(name));
  }

  isRevoked(name: string): boolean {
    return this.#revoked.has(name);
  }

  coordinatorStopped(process: CoordinatorProcess): void {
    for (const session of [...this.#sessions]) if (session.process === process) session.lose();
  }

  isApart(name: string): boolean {
    return (this.#apart.get(name) ?? 0) > 0;
  }

  latency(name: string, what: string): number {
    return 2 + spot(`${this.#parts.jitter} ${name} ${what}`, 18);
  }

  /** Open sessions of a participant; more than one would be a leak. */
  sessionsOf(name: string): number {
    return [...this.#sessions].filter((session) => session.name === name).length;
  }

  addressOf(name: string): number {
    return this.#at.get(name) ?? 0;
  }

  /** As `Link` does: to the next address, unless somebody turned there already. */
  turnFrom(name: string, silent: number): void {
    const { length } = this.#parts.coordinators();
    if (this.addressOf(name) === silent) this.#at.set(name, (silent + 1) % length);
  }

  /** One call. @throws {CodedError} the coordinator's refusal, or COORDINATOR_UNREACHABLE. */
  async call<T>(name: string, serve: (coordinator: CoordinatorProcess) => Promise<T>): Promise<T> {
    const { time } = this.#parts;
    const number = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, number);
    const address = this.addressOf(name);
    const fault = <K extends 'drop' | 'duplicate' | 'delay'>(kind: K) =>
      this.#parts.operations.find(
        (one): one is Extract<Operation, { kind: K }> =>
          one.kind === kind && 'call' in one && one.who === name && one.call === number,
      );
    const dropped = fault('drop');
    await time.delay(this.latency(name, `call ${number}`) + (fault('delay')?.ms ?? 0));
    if (this.isApart(name) || dropped?.answer === false) return this.#silence(name, address);
    const twice = fault('duplicate');
    if (twice) {
      time.after(twice.afterMs, () => {
        const coordinator = this.#parts.coordinators()[address];
        if (coordinator && !this.isRevoked(name)) serve(coordinator).catch(() => {});
      });
    }
    const coordinator = this.#parts.coordinators()[address];
    if (coordinator === undefined) return this.#silence(name, address);
    const served = this.isRevoked(name) ? Promise.reject(revokedOf(name)) : serve(coordinator);
    const answer = await coordinator.untilStopped(
      served.then(
        (value) => ({ value }),
        (thrown) => ({ error: refusalOf(thrown, `${name} ${number}`) }),
      ),
    );
    await time.delay(this.latency(name, `answer ${number}`));
    if (answer === 'stopped' || this.isApart(name) || dropped?.answer === true)
      return this.#silence(name, address);
    if ('error' in answer) {
      if (answer.error.code === 'COORDINATOR_UNREACHABLE') this.turnFrom(name, address);
      throw answer.error;
    }
    return answer.value;
  }

  async #silence(name: string, address: number): Promise<never> {
    await this.#parts.time.delay(silenceMs);
    this.turnFrom(name, address);
    throw new CodedError('COORDINATOR_UNREACHABLE', 'no answer');
  }

  session(caller: Caller, version: string, handlers: SessionHandlers): SimSession {
    return new SimSession(caller, version, handlers, this, this.#parts, this.#sessions);
  }
}

const broken = new CodedError('COORDINATOR_UNREACHABLE', 'the session broke');

function revokedOf(name: string): CodedError {
  return new CodedError('CERTIFICATE_REVOKED', `the certificate of ${name} was revoked`, { parties: [name] });
}

/** What a coordinator refused has the id of the call there. */
function refusalOf(thrown: unknown, call: string): CodedError {
  const { code, message, parties } = toCodedError(thrown);
  return new CodedError(code, message, { parties, call });
}

/** The long stream down: events in order, each once; it breaks, and comes back from the cursors. */
export class SimSession {
  readonly name: string;
  /** The process at the other end. */
  process: CoordinatorProcess | undefined;
  #address = 0;
  #retryMs = 200;
  #closed = false;
  #end: (() => void) | undefined;
  #lastArrivalMs = 0;
  #messages = 0;

  constructor(
    private readonly caller: Caller,
    private readonly version: string,
    private readonly handlers: SessionHandlers,
    private readonly network: Network,
    private readonly parts: NetworkParts,
    private readonly all: Set<SimSession>,
  ) {
    this.name = caller.name;
  }

  open(): void {
    if (this.#closed) return;
    const latency = this.network.latency(this.name, `open ${this.parts.time.now}`);
    this.parts.time.after(latency, () => this.#connect());
  }

  report(): void {}

  renew(): void {
    this.lose();
  }

  close(): void {
    this.#closed = true;
    this.#cut();
  }

  lose(error: CodedError = broken): void {
    if (this.#closed || this.#end === undefined) return;
    this.#cut();
    if (error.code !== 'STORAGE_FULL') this.network.turnFrom(this.name, this.#address);
    this.handlers.disconnected(error);
    this.#retry();
  }

  #retry(): void {
    this.parts.time.after(this.#retryMs, () => this.#connect());
    this.#retryMs = Math.min(this.#retryMs * 2, 10_000);
  }

  #connect(): void {
    if (this.#closed || this.#end) return;
    const address = this.network.addressOf(this.name);
    const process = this.parts.coordinators()[address];
    if (this.network.isApart(this.name) || process === undefined) {
      this.network.turnFrom(this.name, address);
      return this.#retry();
    }
    if (this.network.isRevoked(this.name)) {
      this.handlers.disconnected(revokedOf(this.name));
      return this.#retry();
    }
    this.all.add(this);
    this.process = process;
    this.#address = address;
    let live = true;
    const arrive = (act: () => void) => {
      this.#messages += 1;
      const latency = this.network.latency(this.name, `event ${this.#messages}`);
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.parts.time.now + latency);
      this.parts.time.after(this.#lastArrivalMs - this.parts.time.now, () => {
        if (live) act();
      });
    };
    this.#end = () => {
      live = false;
      hangUp();
    };
    const hello = { version: this.version, cursors: this.handlers.cursors() };
    const hangUp = process.open(this.caller, hello, {
      welcome: () =>
        arrive(() => {
          this.#retryMs = 200;
          this.handlers.connected('simulated');
        }),
      event: (jobId, event) => arrive(() => this.#take(jobId, event)),
      over: (error) => arrive(() => this.lose(error ?? broken)),
    });
  }

  /** What a handler throws breaks the session, as it does on the real wire. */
  #take(jobId: JobId, event: JobEvent): void {
    try {
      this.handlers.event(jobId, event);
    } catch (error) {
      this.lose(toCodedError(error));
    }
  }

  #cut(): void {
    this.all.delete(this);
    this.#end?.();
    this.#end = undefined;
    this.process = undefined;
  }
}
