import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError, type HexDigest, outcomeOf, type ThreadOutcome } from '../../contract/index.js';
import { addContributions, checkContribution } from '../../crypto/secure-sum/adder.js';
import { syncFolder } from '../blobs/index.js';
import type { Added, AddingTask, FormTask } from './adder.js';

/** Bytes of each contributor's file in memory. */
const pieceBytes = 16 * 1024;

/** Adds the uploads of one sum in a worker thread; memory does not grow with contributors or values. */
export default function addSum(task: AddingTask): Promise<ThreadOutcome<Added>> {
  return outcomeOf(() => writeSum(task));
}

/** Looks at one upload; piece by piece, so memory does not grow with it. */
export function checkForm({ path, ...shape }: FormTask): Promise<ThreadOutcome<undefined>> {
  return outcomeOf(async () => {
    await checkContribution(shape, uploaded('its sender', path));
    return undefined;
  });
}

async function writeSum({ uploads, output, ...shape }: AddingTask): Promise<Added> {
  const sources = uploads.map(({ sender, path }) => ({ name: sender, bytes: uploaded(sender, path) }));
  // Two replicas that share a folder may add the same sum: each writes its own file, and the bytes are the same.
  const part = `${output}.${randomUUID()}.part`;
  try {
    const added = await written(part, addContributions(shape, sources));
    await rename(part, output);
    await syncFolder(dirname(output));
    return added;
  } catch (error) {
    // On a full disk this comes again and again, each time with a file of its own.
    await rm(part, { force: true });
    throw error;
  }
}

async function written(path: string, blocks: AsyncIterable<Uint8Array>): Promise<Added> {
  const file = await open(path, 'w', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const block of blocks) {
      await file.writeFile(block);
      hash.update(block);
      bytes += block.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex') as HexDigest, bytes };
}

/**
 * The bytes of one upload; each piece takes the place of the one before. Read without a queue or anything ahead: a thousand
 * files are open at once, and this thread has nothing else to do.
 */
function* uploaded(sender: string, path: string): Generator<Uint8Array> {
  const file = opened(sender, path);
  try {
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (;;) {
      const bytes = readSync(file, piece, 0, pieceBytes, null);
      if (bytes === 0) return;
      yield piece.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

function opened(sender: string, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CodedError('CIPHERTEXT_LOST', `the contribution of ${sender} is not stored here`, { cause });
  }
}
