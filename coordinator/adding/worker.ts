import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type HexDigest, outcomeOf, type ThreadOutcome } from '../../contract/index.js';
import { addContributions } from '../../crypto/secure-sum/adder.js';
import { syncFolder } from '../blobs/index.js';
import type { Added, AddingTask } from './adder.js';

/** Bytes of one file in memory per contributor. */
const readAheadBytes = 64 * 1024;

/** Adds the uploads of one sum in a worker thread; memory does not grow with contributors or values. */
export default function addSum(task: AddingTask): Promise<ThreadOutcome<Added>> {
  return outcomeOf(() => writeSum(task));
}

async function writeSum({ uploads, output, ...shape }: AddingTask): Promise<Added> {
  const sources = uploads.map(({ sender, path }) => {
    return { name: sender, bytes: createReadStream(path, { highWaterMark: readAheadBytes }) };
  });
  const part = `${output}.part`;
  const file = await open(part, 'w', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const block of addContributions(shape, sources)) {
      await file.writeFile(block);
      hash.update(block);
      bytes += block.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, output);
  await syncFolder(dirname(output));
  return { digest: hash.digest('hex') as HexDigest, bytes };
}
