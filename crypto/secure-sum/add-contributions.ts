import { CodedError, toCodedError } from '../../contract/index.js';
import { BlockAdder, parameterSet, uploadBlockBytes } from '../he/public.js';
import { BlockReader, type ByteSource } from './byte-blocks.js';
import { assertShape, blockCounts, type SumShape } from './shape.js';

/** One participant's uploaded bytes. */
export interface ContributionSource {
  readonly name: string;
  readonly bytes: ByteSource;
}

/**
 * Coordinator: adds the survivors' uploads without opening them, yielding the sum block by block (sumBytes in all).
 * All uploads are read in step: one running block, and one piece of each source, are in memory at a time.
 * Learns nothing: ciphertexts of uniformly masked values.
 * @throws {CodedError} SUM_MALFORMED naming the contributor whose bytes (attacker-controlled) are not an upload of `shape`.
 */
export async function* addContributions(
  shape: SumShape,
  contributions: readonly ContributionSource[],
): AsyncGenerator<Uint8Array> {
  assertShape(shape);
  if (contributions.length < 1 || contributions.length > shape.contributors) {
    throw new CodedError(
      'SUM_SHAPE',
      `${contributions.length} contributions for a roster of ${shape.contributors}`,
    );
  }
  const set = parameterSet(shape.parameterSet);
  const readers = contributions.map(({ name, bytes }) => ({
    name,
    reader: new BlockReader(bytes, 'the upload'),
  }));
  // One for all of them: a block is added before the next one is read.
  const room = new Uint8Array(uploadBlockBytes(set, set.degree));
  const adder = await BlockAdder.open(shape.parameterSet);
  try {
    for (const count of blockCounts(shape)) {
      for (const { name, reader } of readers) {
        const bytes = uploadBlockBytes(set, count);
        await blaming(name, async () => adder.add(await reader.read(bytes, room), count));
      }
      yield adder.take(count);
    }
    for (const { name, reader } of readers) await blaming(name, () => reader.expectEnd());
  } finally {
    adder.close();
    await Promise.all(readers.map(({ reader }) => reader.close()));
  }
}

async function blaming(name: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code !== 'SUM_MALFORMED') throw thrown;
    throw new CodedError('SUM_MALFORMED', `contribution of ${name}: ${error.message}`, {
      cause: thrown,
      parties: [name],
    });
  }
}
