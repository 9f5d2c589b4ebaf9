/** Timers and clock of a run. Nothing waits: time jumps from one due timer to the next. */
export class VirtualTime {
  /** Milliseconds since the run began. */
  now = 0;
  /** By due time, the next one last. */
  readonly #timers: Timer[] = [];
  #drawn = 0;

  get waiting(): number {
    return this.#timers.length;
  }

  after(ms: number, act: () => void): Timer {
    const timer = new Timer(this.now + Math.max(ms, 0), this.#drawn++, act);
    const timers = this.#timers;
    let at = timers.length;
    for (; at > 0 && isBefore(timers[at - 1]!, timer); at--) timers[at] = timers[at - 1]!;
    timers[at] = timer;
    return timer;
  }

  cancel(timer: unknown): void {
    const at = this.#timers.lastIndexOf(timer as Timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  /** @throws the signal's reason once it aborts. */
  async delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return new Promise((resolve) => this.after(ms, resolve));
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abandon = () => {
        this.cancel(timer);
        reject(signal.reason);
      };
      const timer = this.after(ms, () => {
        signal.removeEventListener('abort', abandon);
        resolve();
      });
      signal.addEventListener('abort', abandon);
    });
  }

  /** Lets one timer act and everything settle that follows from it at once; false when none is left. */
  async advance(untilMs: number): Promise<boolean> {
    const next = this.#timers.at(-1);
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#timers.pop();
    this.now = Math.max(this.now, next.dueMs);
    next.act();
    await settled();
    return true;
  }

  /** Puts these timers in the place of the process's own until the returned function is called. */
  install(): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const { now } = performance;
    const { timeout } = AbortSignal;
    performance.now = () => this.now;
    AbortSignal.timeout = (ms) => {
      const end = new AbortController();
      this.after(ms, () => end.abort(new DOMException('the time is over', 'TimeoutError')));
      return end.signal;
    };
    const repeat = (act: () => void, ms: number) => new Repetition(this, act, Math.max(ms, 1));
    Object.assign(globalThis, {
      setTimeout: (act: () => void, ms = 0) => this.after(Math.max(ms, 1), act),
      clearTimeout: (timer: unknown) => this.cancel(timer),
      setInterval: repeat,
      clearInterval: (repetition: Repetition | undefined) => repetition?.end(),
    });
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
      performance.now = now;
      AbortSignal.timeout = timeout;
    };
  }
}

class Timer {
  constructor(
    readonly dueMs: number,
    readonly place: number,
    readonly act: () => void,
  ) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

class Repetition {
  #timer: Timer;

  constructor(
    private readonly time: VirtualTime,
    private readonly act: () => void,
    private readonly ms: number,
  ) {
    this.#timer = this.#next();
  }

  end(): void {
    this.time.cancel(this.#timer);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #next(): Timer {
    return this.time.after(this.ms, () => {
      this.#timer = this.#next();
      this.act();
    });
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.place < b.place);
}

const immediately = setImmediate;

/** Everything in a run is promises and virtual timers, so one turn of the event loop lets all promises come to rest. */
export function settled(): Promise<void> {
  return new Promise((resolve) => immediately(resolve));
}
