/** What was made last, by key: a worker serves a few jobs in turns, and rows and matrices are large. */
export class Recent<T> {
  readonly #made = new Map<string, Promise<T>>();
  readonly #most: number;

  /** @param most entries kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** What stands under the key, or what `make` gives; a failure is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#made.get(key) ?? make();
    this.#made.delete(key);
    this.#made.set(key, made);
    made.catch(() => {
      if (this.#made.get(key) === made) this.#made.delete(key);
    });
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= this.#most) break;
      this.#made.delete(oldest);
    }
    return made;
  }

  /** Lets go of what stands under keys that begin so. */
  forget(prefix: string): void {
    for (const key of this.#made.keys()) if (key.startsWith(prefix)) this.#made.delete(key);
  }
}
