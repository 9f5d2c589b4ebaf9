import { type Clock, CodedError } from '../../contract/index.js';

/** Failed attempts one address may make in one window. Secrets have 256 bits; this bounds work and log lines. */
const failuresPerAddress = 10;
const failuresInAll = 200;
const windowMs = 60_000;

/** Counts failures per address in windows of a minute; memory is bounded by the number of failures in one. */
export class FailureLimit {
  #windowStart = 0;
  #inAll = 0;
  readonly #perAddress = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** @throws {CodedError} RATE_LIMITED */
  check(address: string): void {
    this.#turn();
    if (this.#inAll >= failuresInAll || (this.#perAddress.get(address) ?? 0) >= failuresPerAddress) {
      throw new CodedError('RATE_LIMITED', 'too many failed attempts; try again in a minute');
    }
  }

  count(address: string): void {
    this.#turn();
    this.#inAll += 1;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
  }

  #turn(): void {
    const nowMs = this.clock.now();
    if (nowMs - this.#windowStart < windowMs) return;
    this.#windowStart = nowMs;
    this.#inAll = 0;
    this.#perAddress.clear();
  }
}
