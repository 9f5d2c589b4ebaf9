import { hash } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';

export function digestOf(text: string): HexDigest {
  return hash('sha256', text, 'hex') as HexDigest;
}
