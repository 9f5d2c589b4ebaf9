/**
 * Ids seen in the last one to two windows. Two sets take turns, so old ids go without a timer or a walk, and memory
 * is bounded by what callers may ask in two windows.
 */
export class UsedIds {
  #newer = new Set<string>();
  #older = new Set<string>();
  #turnedMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly windowMs: number) {}

  has(id: string): boolean {
    return this.#newer.has(id) || this.#older.has(id);
  }

  add(id: string, nowMs: number): void {
    if (nowMs - this.#turnedMs >= this.windowMs) {
      this.#older = this.#newer;
      this.#newer = new Set();
      this.#turnedMs = nowMs;
    }
    this.#newer.add(id);
  }
}
