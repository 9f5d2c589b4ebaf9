import { createHash } from 'node:crypto';

/** A deterministic stream of numbers; not for secrets. */
export interface Random {
  /** Uniform in 0 .. 2^32 - 1. */
  word(): number;
  /** Uniform in [0, 1), 53 bits. */
  unit(): number;
  /** Uniform in 0 .. below - 1, without bias; below at most 2^32. */
  below(below: number): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by SHA-256 over the labels, so that streams of different
 * purposes are unrelated and every platform draws the same numbers.
 */
export function seededRandom(...labels: readonly (string | number)[]): Random {
  const seed = createHash('sha256').update(JSON.stringify(labels)).digest();
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = 1;
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) word();
  return {
    word,
    unit: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53,
    below: (below) => {
      const fair = 2 ** 32 - (2 ** 32 % below);
      let drawn = word();
      while (drawn >= fair) drawn = word();
      return drawn % below;
    },
  };
}
