import { inspect } from 'node:util';

const redacted = '[secret]';

/**
 * Secret bytes that cannot be logged by accident: JSON, string conversion, util.inspect and structured
 * cloning all give nothing away. `reveal()` is the one way out; grep for it to review every use.
 */
export class Secret {
  readonly #bytes: Uint8Array;

  /** Takes ownership: the caller must not keep or change `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, not a copy. Never store, log or send them unsealed. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  /** Overwrites the bytes; the secret is useless afterwards. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
