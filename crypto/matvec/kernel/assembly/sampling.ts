import { blake2xb } from './blake2';
import { degree } from './layout';
import { below, times } from './modular';

/** Bytes of a buffer of SEAL's generator. */
const BUFFER_BYTES: u32 = 4096;
/** Words of 64 bits in it, a coefficient each. */
const BUFFER_WORDS: u32 = BUFFER_BYTES / 8;

const buffer: usize = memory.data(4096, 16);
/** Where coefficients stand that were refused. A word is with chance below 2^-34: more than this are no seed's. */
const MOST_REFUSED: u32 = 256;
const refused: usize = memory.data(4 * 256, 16);

let nextBuffer: u64 = 0;
let used: u32 = 0;

/**
 * A uniform polynomial from a seed of 64 bytes as SEAL expands it (native/src/seal/util/rlwe.cpp, sample_poly_uniform): 64 bits
 * mod the prime for each residue, N for each of `primes` in turn; words beyond the largest multiple are refused, and drawn again
 * behind all others.
 */
export function expandUniform(seed: usize, primes: usize, primeCount: u32, words: usize): void {
  nextBuffer = 0;
  let refusals: u32 = 0;
  let to = words;
  for (let p: u32 = 0; p < primeCount; p++) {
    const q = load<u32>(primes + 4 * p);
    for (let run: u32 = 0; run < degree; run += BUFFER_WORDS) {
      blake2xb(seed, nextBuffer++, buffer, BUFFER_BYTES);
      if (reduceBuffer(q, to)) {
        for (let k: u32 = 0; k < BUFFER_WORDS; k++) {
          if (load<u64>(buffer + 8 * k) < largestMultiple(q)) continue;
          if (refusals === MOST_REFUSED) unreachable();
          store<u32>(refused + 4 * refusals++, <u32>((to - words) >>> 2) + k);
        }
      }
      to += 4 * BUFFER_WORDS;
    }
  }
  used = BUFFER_BYTES;
  for (let k: u32 = 0; k < refusals; k++) {
    const at = load<u32>(refused + 4 * k);
    const q = load<u32>(primes + 4 * (at / degree));
    let word = drawn(seed);
    while (word >= largestMultiple(q)) word = drawn(seed);
    store<u32>(words + 4 * at, <u32>(word % q));
  }
}

/** SEAL's: one less than the largest multiple of q below 2^64 where that is meant. */
// @ts-ignore: decorator of AssemblyScript
@inline
function largestMultiple(q: u32): u64 {
  return u64.MAX_VALUE - (u64.MAX_VALUE % q) - 1;
}

function drawn(seed: usize): u64 {
  if (used === BUFFER_BYTES) {
    blake2xb(seed, nextBuffer++, buffer, BUFFER_BYTES);
    used = 0;
  }
  const word = load<u64>(buffer + used);
  used += 8;
  return word;
}

/** The words of the buffer mod q; whether any may be refused: its upper half is all ones. */
function reduceBuffer(q: u32, to: usize): bool {
  const modulus = i32x4.splat(q);
  const twice = i32x4.splat(2 * q);
  const wrap = <u32>((<u64>1 << 32) % q);
  const upper = i32x4.splat(wrap);
  const upperQuotient = i32x4.splat(<u32>((<u64>wrap << 32) / q));
  const one = i32x4.splat(1);
  const oneQuotient = i32x4.splat(<u32>((<u64>1 << 32) / q));
  let any = i32x4.splat(0);
  for (let at = buffer; at < buffer + BUFFER_BYTES; at += 32) {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    const low = i32x4.shuffle(first, second, 0, 2, 4, 6);
    const high = i32x4.shuffle(first, second, 1, 3, 5, 7);
    any = v128.or(any, i32x4.eq(high, i32x4.splat(-1)));
    const sum = i32x4.add(times(high, upper, upperQuotient, modulus), times(low, one, oneQuotient, modulus));
    v128.store(to, below(below(sum, twice), modulus));
    to += 16;
  }
  return v128.any_true(any);
}

/**
 * N coefficients of SEAL's centred binomial (native/src/seal/util/rlwe.cpp, sample_poly_cbd): of 6 random bytes each the ones
 * among 21 bits less those among 21 others. Takes 6·N bytes, and reads 2 more.
 */
export function binomial(random: usize, values: usize): void {
  for (let j: u32 = 0; j < degree; j++) {
    const bits = load<u64>(random + 6 * j);
    store<i32>(values + 4 * j, <i32>(popcnt<u64>(bits & 0x1fffff) - popcnt<u64>((bits >>> 24) & 0x1fffff)));
  }
}
