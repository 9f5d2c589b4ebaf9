import { type Clock, CodedError, toCodedError } from '../contract/index.js';

/** One question to one replica. */
export interface Attempt<Stub> {
  readonly stub: Stub;
  readonly address: string;
  /** When the answer must be there: what is left of the time, shared among the replicas not asked so far. */
  readonly deadlineMs: number;
  /** An earlier replica may have heard the question, and its answer be lost. */
  readonly again: boolean;
}

/** Replicas of one coordinator: the one that answered last is asked first, the others when it does not answer. */
export class InTurn<Stub extends { close(): void }> {
  readonly #replicas: readonly { readonly address: string; readonly stub: Stub }[];
  #current = 0;

  constructor(
    addresses: readonly string[],
    open: (address: string) => Stub,
    private readonly clock: Clock,
  ) {
    this.#replicas = addresses.map((address) => ({ address, stub: open(address) }));
  }

  /** All of them, as people write them. */
  get addresses(): string {
    return this.#replicas.map(({ address }) => address).join(', ');
  }

  /** Each replica once, from the current one on; who leaves the loop leaves the last one current. */
  *attempts(withinMs: number): Generator<Attempt<Stub>> {
    const endMs = this.clock.now() + withinMs;
    const { length } = this.#replicas;
    for (let asked = 0; asked < length; asked++) {
      const leftMs = Math.max(endMs - this.clock.now(), 0);
      const deadlineMs = this.clock.now() + leftMs / (length - asked);
      yield { ...this.#replicas[this.#current]!, deadlineMs, again: asked > 0 };
      this.#current = (this.#current + 1) % length;
    }
  }

  /**
   * Asks until one answers, be it with a refusal.
   * @throws {CodedError} COORDINATOR_UNREACHABLE naming all addresses, and what the answer says.
   */
  async ask<T>(withinMs: number, question: (attempt: Attempt<Stub>) => Promise<T>): Promise<T> {
    const silent: string[] = [];
    let last: CodedError | undefined;
    for (const attempt of this.attempts(withinMs)) {
      try {
        return await question(attempt);
      } catch (thrown) {
        last = toCodedError(thrown);
        if (last.code !== 'COORDINATOR_UNREACHABLE') throw last;
        silent.push(last.message);
      }
    }
    throw new CodedError('COORDINATOR_UNREACHABLE', silent.join('; '), { cause: last });
  }

  close(): void {
    for (const { stub } of this.#replicas) stub.close();
  }
}
