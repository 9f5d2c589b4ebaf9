/**
 * Finds equal records among uniform fixed-width values by open addressing over record numbers: 8 to 16 bytes per value, where a
 * Map of strings takes over 100. Its values must be ones that no other party chooses (digests, values raised to a
 * secret scalar): chosen ones could be piled into one chain.
 */
export class ValueTable {
  readonly #values: Uint8Array;
  readonly #width: number;
  readonly #view: DataView;
  /** Record number + 1; 0 is free. At most half full. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** `values`: records of `width` >= 4 bytes; kept, not copied. `capacity`: records that will be added at most. */
  constructor(values: Uint8Array, width: number, capacity: number) {
    this.#values = values;
    this.#width = width;
    this.#view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * capacity)));
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Adds a record; gives the record already there with the same value, or -1. */
  add(record: number): number {
    const at = record * this.#width;
    let slot = this.#view.getUint32(at, true) & this.#mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0) {
        this.#slots[slot] = record + 1;
        return -1;
      }
      if (this.#equal((held - 1) * this.#width, this.#values, at)) return held - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The record whose value stands at `at` in `bytes`, or -1. */
  find(bytes: Uint8Array, at: number): number {
    let slot =
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)) &
      this.#mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0) return -1;
      if (this.#equal((held - 1) * this.#width, bytes, at)) return held - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  #equal(own: number, bytes: Uint8Array, at: number): boolean {
    for (let k = 0; k < this.#width; k++) if (this.#values[own + k] !== bytes[at + k]) return false;
    return true;
  }
}
