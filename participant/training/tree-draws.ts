import { createCipheriv } from 'node:crypto';
import type { DrawBits } from '../../learning/index.js';

/**
 * Draws that nobody else can make: which rows a tree sees and which way their gradients are rounded. With public ones, sums over
 * many trees would be equations in known subsets of rows. AES-256-CTR under a key of the job, so that a restarted participant draws
 * the same; a stream for each purpose and tree, a word for each row.
 */
export function secretDraws(key: Uint8Array, rows: number): DrawBits {
  const streams = new Map<string, Uint32Array>();
  return (purpose, tree, at) => {
    const name = `${purpose}/${tree}`;
    const words = streams.get(name) ?? streamOf(key, rows, purpose, tree);
    streams.set(name, words);
    return words[at]!;
  };
}

/** The first half of the counter says what for, the other half counts. */
function streamOf(key: Uint8Array, rows: number, purpose: number, tree: number): Uint32Array {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(purpose, 0);
  counter.writeUInt32BE(tree, 4);
  const bytes = createCipheriv('aes-256-ctr', key, counter).update(Buffer.alloc(4 * rows));
  return Uint32Array.from({ length: rows }, (_, at) => bytes.readUInt32LE(4 * at));
}
