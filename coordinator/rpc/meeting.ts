/**
 * Brings calls together that were read from their connections in one turn of the event loop: each comes in a callback of
 * its own, and posts that come one by one are synced to disk one by one.
 */
export class Meeting {
  #next: Promise<void> | undefined;

  /** Resolves for everybody who asked at once. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = undefined;
        resolve();
      });
    });
    return this.#next;
  }
}
