/** How many of one kind move bytes at once, how many of these for one caller, and how long a turn is waited for. */
export interface TurnLimits {
  readonly most: number;
  readonly mostEach: number;
  readonly patienceMs: number;
}

interface Waiting {
  readonly caller: string;
  readonly go: () => void;
}

/**
 * Calls that move bytes take turns, so that what they hold in memory does not grow with the number of callers. First come,
 * first served, and no caller has more than its share. Slow ones cannot keep the others: whoever waited for long enough goes
 * on beside them.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #underWay = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  async during<T>(caller: string, run: () => Promise<T>): Promise<T> {
    if (this.#has(caller)) this.#count(caller, 1);
    else await this.#turnOf(caller);
    try {
      return await run();
    } finally {
      this.#count(caller, -1);
      this.#next();
    }
  }

  #has(caller: string): boolean {
    const { most, mostEach } = this.#limits;
    return this.#total < most && (this.#underWay.get(caller) ?? 0) < mostEach;
  }

  #turnOf(caller: string): Promise<void> {
    return new Promise((resolve) => {
      const one: Waiting = {
        caller,
        go: () => {
          clearTimeout(timer);
          this.#waiting.delete(one);
          // Here and now: whoever comes before the waiter wakes must find the turn taken.
          this.#count(caller, 1);
          resolve();
        },
      };
      const timer = setTimeout(one.go, this.#limits.patienceMs);
      timer.unref();
      this.#waiting.add(one);
    });
  }

  #count(caller: string, by: number): void {
    const here = (this.#underWay.get(caller) ?? 0) + by;
    if (here > 0) this.#underWay.set(caller, here);
    else this.#underWay.delete(caller);
    this.#total += by;
  }

  #next(): void {
    for (const one of this.#waiting) {
      if (!this.#has(one.caller)) continue;
      one.go();
      return;
    }
  }
}
