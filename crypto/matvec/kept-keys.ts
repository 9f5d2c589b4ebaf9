import type { ProductSetName } from '../he/index.js';

/** A key takes some milliseconds to set up; one job uses a handful. */
const KEPT = 8;

/** What a thread made of keys that it was sent, for the next task with the same. */
export class KeptKeys<T> {
  readonly #make: (set: ProductSetName, key: Uint8Array) => T;
  readonly #forget: (value: T) => void;
  readonly #entries: { set: ProductSetName; key: Uint8Array; value: T }[] = [];

  /** @param forget what the oldest goes through when there are too many. */
  constructor(make: (set: ProductSetName, key: Uint8Array) => T, forget: (value: T) => void = () => {}) {
    this.#make = make;
    this.#forget = forget;
  }

  of(set: ProductSetName, key: Uint8Array): T {
    const known = this.#entries.find((entry) => entry.set === set && Buffer.compare(entry.key, key) === 0);
    if (known !== undefined) return known.value;
    const value = this.#make(set, key);
    this.#entries.push({ set, key, value });
    const oldest = this.#entries.length > KEPT ? this.#entries.shift() : undefined;
    if (oldest !== undefined) {
      oldest.key.fill(0);
      this.#forget(oldest.value);
    }
    return value;
  }
}
