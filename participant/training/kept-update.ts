import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CodedError, Secret } from '../../contract/index.js';
import { decryptAtRest, encryptAtRest, writePrivateFile } from '../../crypto/identity/index.js';

/** Where a quantised update stands before it is protected, in case it misses its round. It says what no sum would say. */
interface KeptUpdate {
  readonly keepUpdate?: string;
  readonly lateUpdate?: string;
  readonly updateKey?: Uint8Array;
}

/** Keeps an update that was made now; one that was kept before stands. */
export function keepUpdate(
  { keepUpdate: path, lateUpdate, updateKey }: KeptUpdate,
  update: Float64Array,
): void {
  if (path === undefined || updateKey === undefined || lateUpdate !== undefined) return;
  const bytes = new Uint8Array(update.buffer, update.byteOffset, update.byteLength);
  writePrivateFile(path, encryptAtRest(new Secret(Uint8Array.from(updateKey)), basename(path), bytes));
}

/**
 * The update to send late, if any: doubles in the order of the machine, which wrote them itself.
 * @throws {CodedError} MODEL_INVALID when it does not open.
 */
export async function lateUpdateOf({ lateUpdate: path, updateKey }: KeptUpdate) {
  if (path === undefined || updateKey === undefined) return undefined;
  const box = await readFile(path);
  try {
    const bytes = Uint8Array.from(decryptAtRest(new Secret(Uint8Array.from(updateKey)), basename(path), box));
    return new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / Float64Array.BYTES_PER_ELEMENT));
  } catch (cause) {
    throw new CodedError('MODEL_INVALID', 'a kept update is damaged', { cause });
  }
}
