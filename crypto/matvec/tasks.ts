import type { ProductSetName } from '../he/index.js';

/**
 * What worker threads do, a few blocks at a time. Ciphertext words: c0 then c1, N residues per prime each. All arrays but keys
 * have a buffer of their own, which goes to the thread.
 */
export type Task =
  | { readonly kind: 'prepare'; readonly set: ProductSetName; readonly key: Uint8Array }
  | {
      readonly kind: 'encrypt';
      readonly set: ProductSetName;
      readonly key: Uint8Array;
      readonly values: Float64Array;
      readonly stride: number;
      readonly rowsPerBlock: number;
    }
  | { readonly kind: 'read' | 'readPassed'; readonly set: ProductSetName; readonly bytes: Uint8Array }
  | {
      readonly kind: 'pass';
      readonly set: ProductSetName;
      readonly publicKey: Uint8Array;
      readonly words: Uint32Array;
    }
  | {
      readonly kind: 'open';
      readonly set: ProductSetName;
      readonly key: Uint8Array;
      readonly bytes: Uint8Array;
      readonly wanted: readonly number[];
    };

export type TaskOf<K extends Task['kind']> = Extract<Task, { kind: K }>;

/**
 * What of a task moves to its thread instead of being copied, megabytes each time: arrays that were made for it. Keys stay.
 */
export function movedWith(task: Task): ArrayBuffer[] {
  switch (task.kind) {
    case 'prepare':
      return [];
    case 'encrypt':
      return [buffer(task.values)];
    case 'read':
    case 'readPassed':
    case 'open':
      return [buffer(task.bytes)];
    case 'pass':
      return [buffer(task.words)];
  }
}

function buffer(array: Float64Array | Uint8Array | Uint32Array): ArrayBuffer {
  return array.buffer as ArrayBuffer;
}
