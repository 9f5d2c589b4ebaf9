import { CodedError, type JobEvent, type JobId, toCodedError } from '../../contract/index.js';
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
  /** The coordinator's process, while it runs. */
  coordinator(): CoordinatorProcess | undefined;
  /** Work that ends with its process never goes on. */
}

/** Lines between participants and coordinator: each message takes its own time, some are lost or come twice. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #calls = new Map<string, number>();
  readonly #apart = new Map<string, number>();
  readonly #sessions = new Set<SimSession>();

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

  coordinatorStopped(): void {
    for (const session of [...this.#sessions]) session.lose();
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

  /** One call. @throws {CodedError} the coordinator's refusal, or COORDINATOR_UNREACHABLE. */
  async call<T>(name: string, serve: (coordinator: CoordinatorProcess) => Promise<T>): Promise<T> {
    const { time } = this.#parts;
    const number = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, number);
    const fault = <K extends 'drop' | 'duplicate' | 'delay'>(kind: K) =>
      this.#parts.operations.find(
        (one): one is Extract<Operation, { kind: K }> =>
          one.kind === kind && 'call' in one && one.who === name && one.call === number,
      );
    const dropped = fault('drop');
    await time.delay(this.latency(name, `call ${number}`) + (fault('delay')?.ms ?? 0));
    if (this.isApart(name) || dropped?.answer === false) return this.#silence();
    const twice = fault('duplicate');
    if (twice) {
      time.after(twice.afterMs, () => {
        const coordinator = this.#parts.coordinator();
        if (coordinator) serve(coordinator).catch(() => {});
      });
    }
    const coordinator = this.#parts.coordinator();
    if (coordinator === undefined) return this.#silence();
    const answer = await coordinator.untilStopped(
      serve(coordinator).then(
        (value) => ({ value }),
        (thrown) => ({ error: toCodedError(thrown) }),
      ),
    );
    await time.delay(this.latency(name, `answer ${number}`));
    if (answer === 'stopped' || this.isApart(name) || dropped?.answer === true) return this.#silence();
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  async #silence(): Promise<never> {
    await this.#parts.time.delay(silenceMs);
    throw new CodedError('COORDINATOR_UNREACHABLE', 'no answer');
  }

  session(name: string, handlers: SessionHandlers): SimSession {
    const session = new SimSession(name, handlers, this, this.#parts, this.#sessions);
    return session;
  }
}

/** The long stream down: events in order, each once; it breaks, and comes back from the cursors. */
export class SimSession {
  #retryMs = 200;
  #closed = false;
  #stop: (() => void) | undefined;
  #lastArrivalMs = 0;
  #messages = 0;

  constructor(
    readonly name: string,
    private readonly handlers: SessionHandlers,
    private readonly network: Network,
    private readonly parts: NetworkParts,
    private readonly all: Set<SimSession>,
  ) {}

  open(): void {
    if (this.#closed) return;
    this.parts.time.after(this.network.latency(this.name, `open ${this.parts.time.now}`), () =>
      this.#connect(),
    );
  }

  report(): void {}

  close(): void {
    this.#closed = true;
    this.#cut();
  }

  lose(): void {
    if (this.#closed || this.#stop === undefined) return;
    this.#cut();
    this.handlers.disconnected(new CodedError('COORDINATOR_UNREACHABLE', 'the session broke'));
    this.#retry();
  }

  #retry(): void {
    this.parts.time.after(this.#retryMs, () => this.#connect());
    this.#retryMs = Math.min(this.#retryMs * 2, 10_000);
  }

  #connect(): void {
    if (this.#closed || this.#stop) return;
    const coordinator = this.parts.coordinator();
    if (this.network.isApart(this.name) || coordinator === undefined) return this.#retry();
    this.#retryMs = 200;
    this.all.add(this);
    let live = true;
    const unfollow = coordinator.follow(this.name, this.handlers.cursors(), (jobId, event) => {
      this.#messages += 1;
      const latency = this.network.latency(this.name, `event ${this.#messages}`);
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.parts.time.now + latency);
      this.parts.time.after(this.#lastArrivalMs - this.parts.time.now, () => {
        if (live) this.#take(jobId, event);
      });
    });
    this.#stop = () => {
      live = false;
      unfollow();
    };
    this.handlers.connected('simulated');
  }

  /** What a handler throws breaks the session, as it does on the real wire. */
  #take(jobId: JobId, event: JobEvent): void {
    try {
      this.handlers.event(jobId, event);
    } catch {
      this.lose();
    }
  }

  #cut(): void {
    this.all.delete(this);
    this.#stop?.();
    this.#stop = undefined;
  }
}
