import { randomFillSync } from 'node:crypto';
import { Secret } from '../../contract/core.js';
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

/**
 * round(t·r/q) mod t for every wanted coefficient: what the masks add to the opened residues. Exact, in big integers:
 * 1–2 µs for each of a few thousand coefficients.
 */
export function maskOffsets(shape: ProductShape, masks: Secret): Float64Array {
  const { dataPrimes, modulus, plainModulus } = parametersOf(shape);
  const t = BigInt(plainModulus);
  const words = masksAsWords(shape, masks);
  // r = Σ_p r_p · basis_p mod q, basis_p ≡ 1 mod p and 0 modulo the other primes.
  const basis = dataPrimes.map((prime) => {
    const rest = modulus / prime;
    return rest * inverse(rest % prime, prime);
  });
  const offsets = new Float64Array(wantedCoefficients(shape));
  let at = 0;
  let k = 0;
  for (const count of shape.wanted) {
    for (let j = 0; j < count; j++, k++) {
      let r = 0n;
      for (let p = 0; p < basis.length; p++) {
        r += BigInt(words[at + p * count + j] as number) * (basis[p] as bigint);
      }
      r %= modulus;
      offsets[k] = Number(((2n * t * r + modulus) / (2n * modulus)) % t);
    }
    at += count * basis.length;
  }
  words.fill(0);
  return offsets;
}

/** By Fermat: prime is one. */
function inverse(value: bigint, prime: bigint): bigint {
  let result = 1n;
  for (let base = value, exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}
