import { createHash } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';

export function digestOf(text: string): HexDigest {
  return createHash('sha256').update(text).digest('hex') as HexDigest;
}
