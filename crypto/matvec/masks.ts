import { randomFillSync } from 'node:crypto';
import { Secret } from '../../contract/core.js';
import { scaledRounderOf } from './cipher/index.js';
import { masksAsWords } from './residues.js';
import { type ProductShape, parametersOf, wantedCoefficients } from './shape.js';

/**
 * r uniform in [0, q) for every wanted coefficient, fresh from the operating system: by the Chinese remainder theorem one
 * uniform residue per prime, by rejection from 30 random bits. Kept as shape.ts orders answers: output after output,
 * prime after prime, 32-bit little-endian words.
 */
export function drawMasks(shape: ProductShape): Secret {
  const { dataPrimes } = parametersOf(shape);
  const words = new Uint32Array(wantedCoefficients(shape) * dataPrimes.length);
  const pool = new Uint32Array(4096);
  let left = 0;
  let at = 0;
  for (const count of shape.wanted) {
    for (const prime of dataPrimes) {
      const bound = Number(prime);
      for (const end = at + count; at < end; ) {
        if (left === 0) {
          randomFillSync(pool);
          left = pool.length;
        }
        const candidate = (pool[--left] as number) >>> 2;
        if (candidate < bound) words[at++] = candidate;
      }
    }
  }
  pool.fill(0);
  return new Secret(new Uint8Array(words.buffer));
}

/** round(t·r/q) mod t for every wanted coefficient: what the masks add to the opened residues. */
export function maskOffsets(shape: ProductShape, masks: Secret): Float64Array {
  const set = parametersOf(shape);
  const round = scaledRounderOf(set);
  const words = masksAsWords(shape, masks);
  const offsets = new Float64Array(wantedCoefficients(shape));
  let at = 0;
  let k = 0;
  for (const count of shape.wanted) {
    for (let j = 0; j < count; j++, k++) offsets[k] = round(words, at + j, count);
    at += count * set.dataPrimes.length;
  }
  words.fill(0);
  return offsets;
}
