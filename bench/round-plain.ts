import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { HexDigest } from '../contract/index.js';
import type { Adder, AddingTask, SumShape } from '../coordinator/main.js';
import { sumBytes } from '../crypto/secure-sum/adder.js';
import type { Protection } from '../participant/privacy/index.js';

/**
 * The baseline of bench/round: the same rounds with plaintext vectors, four bytes per value (eight for sums that
 * need the wide set), added as they are. It exists in bench/ only; the product cannot send a plaintext.
 */
export const plain: Protection = {
  async *protect({ values, parameterSet }) {
    yield new Uint8Array(parameterSet === 'narrow' ? Int32Array.from(values).buffer : values.slice().buffer);
  },
  async open({ parameterSet, valueCount }, source) {
    const pieces: Uint8Array[] = [];
    for await (const piece of source) pieces.push(piece);
    return decoded(Buffer.concat(pieces), parameterSet).slice(0, valueCount);
  },
};

export const plainAdder: Adder = {
  uploadBytes,
  sumBytes,
  describe: (set) => `plaintext (${set})`,
  prescribedSet: () => undefined,
  checkForm: async () => {},
  add: addPlain,
  close: async () => {},
};

function uploadBytes({ parameterSet, valueCount }: SumShape): number {
  return valueCount * (parameterSet === 'narrow' ? 4 : 8);
}

async function addPlain({ uploads, output, parameterSet, valueCount }: AddingTask) {
  const sum = new Float64Array(valueCount);
  for (const { path } of uploads) {
    const values = decoded(await readFile(path), parameterSet);
    for (let k = 0; k < valueCount; k++) sum[k]! += values[k]!;
  }
  // Participants refuse a sum of another size than theirs has, so it is padded: about a millisecond on loopback.
  const bytes = new Uint8Array(sumBytes({ parameterSet, valueCount, contributors: uploads.length }));
  bytes.set(new Uint8Array(parameterSet === 'narrow' ? Int32Array.from(sum).buffer : sum.buffer));
  await writeFile(output, bytes);
  return { digest: createHash('sha256').update(bytes).digest('hex') as HexDigest, bytes: bytes.length };
}

function decoded(bytes: Uint8Array, set: 'narrow' | 'wide'): Float64Array {
  const { buffer } = Uint8Array.from(bytes);
  const word = set === 'narrow' ? 4 : 8;
  const whole = buffer.slice(0, buffer.byteLength - (buffer.byteLength % word));
  return set === 'narrow' ? Float64Array.from(new Int32Array(whole)) : new Float64Array(whole);
}
