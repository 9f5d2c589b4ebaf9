import { hash } from 'node:crypto';
import { type IdSet, type IdStep, normaliseId } from '../../crypto/psi/index.js';

/** Of 32: two customers of a hundred million share the first 16 with chance below 2^-75. */
const keptBytes = 16;
const digestBytes = 32;

/** Finds rows by customer key: 20 to 32 bytes a row, and no id. Typed arrays only, so that it moves between threads. */
export interface KeyTable {
  /** rows x 16 bytes. */
  readonly keys: Uint8Array;
  /** Open addressing, a power of two of at least twice the rows; row + 1, 0 where free. */
  readonly slots: Int32Array;
}

/** What names a customer on the wire and here: SHA-256 of the normalised id, as in alignment. Undefined for an empty id. */
export function customerKey(id: string, steps: readonly IdStep[]): Uint8Array | undefined {
  const normal = normaliseId(id, steps);
  return normal === '' ? undefined : hash('sha256', normal, 'buffer');
}

export function keyTable({ count, digests }: IdSet): KeyTable {
  const keys = new Uint8Array(count * keptBytes);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, 2 * count))));
  for (let row = 0; row < count; row++) {
    const digest = digests.subarray(row * digestBytes, row * digestBytes + keptBytes);
    keys.set(digest, row * keptBytes);
    let slot = firstSlot(digest, slots.length);
    while (slots[slot] !== 0) slot = (slot + 1) % slots.length;
    slots[slot] = row + 1;
  }
  return { keys, slots };
}

/** The row of a customer, -1 when there is none. */
export function rowOf({ keys, slots }: KeyTable, key: Uint8Array): number {
  for (let slot = firstSlot(key, slots.length); slots[slot] !== 0; slot = (slot + 1) % slots.length) {
    const row = slots[slot]! - 1;
    const at = row * keptBytes;
    let same = 0;
    while (same < keptBytes && keys[at + same] === key[same]) same++;
    if (same === keptBytes) return row;
  }
  return -1;
}

function firstSlot(key: Uint8Array, slots: number): number {
  return ((key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24)) >>> 0) % slots;
}
