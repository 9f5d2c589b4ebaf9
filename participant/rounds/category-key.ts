import { hkdfSync } from 'node:crypto';
import type { Secret } from '../../contract/index.js';

/** Key of the category hash of a job, hex: from a key that only participants hold, so bucket counts say nothing to others. */
export function categoryKey(macKey: Secret): string {
  const key = hkdfSync('sha256', macKey.reveal(), new Uint8Array(0), 'fedrisk/v1/category-hash', 32);
  return Buffer.from(key).toString('hex');
}
