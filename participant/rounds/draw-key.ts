import { hkdfSync } from 'node:crypto';
import type { Secret } from '../../contract/index.js';

/** Key of the draws that a participant of trees makes for itself: from its own secret of the job, so that nobody else can. */
export function drawKey(jobSecret: Secret): Uint8Array {
  const key = hkdfSync('sha256', jobSecret.reveal(), new Uint8Array(0), 'fedrisk/v1/tree-draws', 32);
  return new Uint8Array(key);
}
