interface Waiting {
  readonly posts: number;
  readonly pass: () => void;
}

/** Posts that are looked at in one turn of the event loop, some 20 ms of work: connections are read between turns. */
const mostInTurn = 64;

/**
 * Brings posts together that were read from their connections in one turn of the event loop, since those that come one by
 * one are synced to disk one by one; and keeps too many from coming at once, since nothing is read meanwhile.
 */
export class Meeting {
  #waiting: Waiting[] = [];

  /** Resolves for those who asked at once, in the order in which they asked, as far as a turn has room for `posts`. */
  next(posts: number): Promise<void> {
    return new Promise((pass) => {
      this.#waiting.push({ posts, pass });
      if (this.#waiting.length === 1) setImmediate(() => this.#turn());
    });
  }

  #turn(): void {
    let passed = 0;
    for (let posts = 0; passed < this.#waiting.length && posts < mostInTurn; passed++) {
      const { pass, posts: more } = this.#waiting[passed]!;
      posts += more;
      pass();
    }
    this.#waiting = this.#waiting.slice(passed);
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }
}
