import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HexDigest } from '../../contract/index.js';
import type { ContributionInput } from '../../crypto/secure-sum/index.js';
import type { Protection } from './protection.js';

export interface Outgoing {
  readonly digest: HexDigest;
  readonly bytes: number;
}

/**
 * Writes a protected contribution to a file, block by block, and makes it durable before its digest is known to
 * anybody: what is announced can always be sent again, byte for byte.
 */
export async function writeOutgoing(
  protection: Protection,
  input: ContributionInput,
  path: string,
): Promise<Outgoing> {
  const hash = createHash('sha256');
  let bytes = 0;
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    for await (const block of protection.protect(input)) {
      hash.update(block);
      await file.writeFile(block);
      bytes += block.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  await syncFolder(dirname(path));
  return { digest: hash.digest('hex') as HexDigest, bytes };
}

/** Makes a rename survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
