import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type {
  EventBody,
  EventKind,
  EventOf,
  HexDigest,
  JobEvent,
  Post,
  PostKind,
  PostOf,
} from '../../contract/index.js';
import type { AddingTask } from '../../coordinator/adding/index.js';
import { BlockAdder, parameterSet, uploadBlockBytes } from '../../crypto/he/public.js';
import { blockCounts } from '../../crypto/secure-sum/shape.js';
import type { Attack } from './hostile-federation.js';

/** Changes events of one kind; an attack leaves all others as they are. */
export function rewriting<K extends EventKind>(
  kind: K,
  change: (body: EventOf<K>, receiver: string, event: JobEvent) => EventBody | undefined,
): NonNullable<Attack['deliver']> {
  return (event, receiver) => {
    if (event.body.kind !== kind) return event;
    const body = change(event.body as EventOf<K>, receiver, event);
    return body && { ...event, body };
  };
}

/** Changes posts of one kind. */
export function rewritingPosts<K extends PostKind>(
  kind: K,
  change: (post: Post & { readonly body: PostOf<K> }, receiver: string, event: JobEvent) => Post | undefined,
): NonNullable<Attack['deliver']> {
  return rewriting('posted', ({ post }, receiver, event) => {
    if (post.body.kind !== kind) return { kind: 'posted', post };
    const changed = change(post as Post & { readonly body: PostOf<K> }, receiver, event);
    return changed && { kind: 'posted', post: changed };
  });
}

/** A coordinator that never lets one participant hear that another one noticed: each must notice by itself. */
export function deafening(
  deliver: NonNullable<Attack['deliver']> = (event) => event,
): NonNullable<Attack['deliver']> {
  return (event, receiver, jobId) => {
    const { body } = event;
    if (body.kind === 'failed' || (body.kind === 'posted' && body.post.body.kind === 'abort'))
      return undefined;
    return deliver(event, receiver, jobId);
  };
}

/** Adds uploads any number of times each, without the care of the product's adder. */
export async function addBlindly(task: AddingTask, uploads: AddingTask['uploads']) {
  const set = parameterSet(task.parameterSet);
  const sources = await Promise.all(uploads.map(({ path }) => readFile(path)));
  const adder = await BlockAdder.open(task.parameterSet);
  const blocks: Uint8Array[] = [];
  let at = 0;
  for (const count of blockCounts(task)) {
    const size = uploadBlockBytes(set, count);
    for (const source of sources) adder.add(source.subarray(at, at + size), count);
    blocks.push(adder.take(count));
    at += size;
  }
  adder.close();
  return written(task, Buffer.concat(blocks));
}

/**
 * Adds 1 to the first value inside the ciphertext, which takes no key: round(q/t) on the first coefficient of c0.
 * The narrow set has one prime, so that coefficient is the first 54 bits of the sum.
 */
export async function shiftFirstValue(task: AddingTask): Promise<ReturnType<typeof written>> {
  const { dataPrimes, plainModulus, residueBits } = parameterSet(task.parameterSet);
  const q = dataPrimes[0]!;
  const bytes = await readFile(task.output);
  const word = bytes.readBigUInt64LE(0);
  const mask = (1n << BigInt(residueBits)) - 1n;
  const shifted = ((word & mask) + q / BigInt(plainModulus)) % q;
  bytes.writeBigUInt64LE((word & ~mask) | shifted, 0);
  return written(task, bytes);
}

export async function written(task: AddingTask, bytes: Buffer) {
  await writeFile(task.output, bytes);
  return { digest: createHash('sha256').update(bytes).digest('hex') as HexDigest, bytes: bytes.length };
}
