/** How many of one kind hold memory at once, how many of these for one caller, and how long one of them counts. */
export interface TurnLimits {
  readonly most: number;
  readonly mostEach: number;
  /** Behind a turn that takes longer the next one begins: slow callers cannot keep the others. */
  readonly heldMs: number;
}

interface Waiting {
  readonly caller: string;
  readonly go: () => void;
}

/**
 * Calls that move bytes take turns, so that what they hold in memory does not grow with the number of callers. First come,
 * first served, and no caller has more than its share. Nobody waits longer than `heldMs` for every `most` turns ahead.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #underWay = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** @param run may give its turn back before it ends, once it holds nothing that matters. */
  async during<T>(caller: string, run: (giveBack: () => void) => Promise<T>): Promise<T> {
    if (this.#has(caller)) this.#count(caller, 1);
    else await this.#turnOf(caller);
    let isCounted = true;
    const giveBack = () => {
      if (!isCounted) return;
      isCounted = false;
      clearTimeout(timer);
      this.#count(caller, -1);
      this.#next();
    };
    const timer = setTimeout(giveBack, this.#limits.heldMs);
    timer.unref();
    try {
      return await run(giveBack);
    } finally {
      giveBack();
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
          this.#waiting.delete(one);
          // Here and now: whoever comes before the waiter wakes must find the turn taken.
          this.#count(caller, 1);
          resolve();
        },
      };
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
