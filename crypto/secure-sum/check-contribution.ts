import { PolynomialCodec, parameterSet, SEED_BYTES, uploadBlockBytes } from '../he/public.js';
import { BlockReader, type ByteSource } from './byte-blocks.js';
import { assertShape, blockCounts, type SumShape } from './shape.js';

/**
 * Coordinator: whether bytes (attacker-controlled) are an upload of `shape`, so that adding it cannot fail. Says nothing
 * of what is inside. Holds one block at a time.
 * @throws {CodedError} SUM_SHAPE; SUM_MALFORMED for another length, a residue >= its prime or a padding bit.
 */
export async function checkContribution(shape: SumShape, bytes: ByteSource): Promise<void> {
  assertShape(shape);
  const set = parameterSet(shape.parameterSet);
  const codec = new PolynomialCodec(set);
  const words = new Uint32Array(2 * set.degree * set.dataPrimes.length);
  const reader = new BlockReader(bytes, 'the upload');
  try {
    for (const count of blockCounts(shape)) {
      const block = await reader.read(uploadBlockBytes(set, count));
      codec.unpack(block.subarray(SEED_BYTES), count, words);
    }
    await reader.expectEnd();
  } finally {
    await reader.close();
  }
}
