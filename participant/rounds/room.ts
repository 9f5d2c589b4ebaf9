const firstMs = 5_000;
const longestMs = 60_000;

/** Pauses before what found no room on the own disk is tried again: 5 s, twice as long each time, 60 s at most. */
export class RoomPause {
  #ms = firstMs;

  /** Something was stored: the next pause is the shortest again. */
  found(): void {
    this.#ms = firstMs;
  }

  /** Resolves when the pause is over, or the signal aborts; never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    const ms = this.#ms;
    this.#ms = Math.min(ms * 2, longestMs);
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, ms).unref();
      signal.addEventListener('abort', over);
      if (signal.aborted) over();
    });
  }
}
