/**
 * BLAKE2b (RFC 7693) as far as BLAKE2Xb needs it (Aumasson et al., BLAKE2X, 2016): a keyed root of one short message, and
 * output blocks of 64 bytes, two at a time in the lanes of vectors. Checked bit for bit against what SEAL expands.
 */

const IV: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
  0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

/** Byte offsets of the message words of each round: 8 · SIGMA. */
const ORDER: usize = memory.data<u8>([
  0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120,
  112, 80, 32, 64, 72, 120, 104, 48, 8, 96, 0, 16, 88, 56, 40, 24,
  88, 64, 96, 0, 40, 16, 120, 104, 80, 112, 24, 48, 56, 8, 72, 32,
  56, 72, 24, 8, 104, 96, 88, 112, 16, 48, 40, 80, 32, 0, 120, 64,
  72, 0, 40, 56, 16, 32, 80, 120, 112, 8, 88, 96, 48, 64, 24, 104,
  16, 96, 48, 80, 0, 88, 64, 24, 32, 104, 56, 40, 120, 112, 8, 72,
  96, 40, 8, 120, 112, 104, 32, 80, 0, 56, 48, 24, 72, 16, 64, 88,
  104, 88, 56, 112, 96, 8, 24, 72, 40, 0, 120, 32, 64, 48, 16, 80,
  48, 120, 112, 72, 88, 24, 0, 64, 96, 16, 104, 56, 8, 32, 80, 40,
  80, 16, 64, 32, 56, 48, 8, 40, 120, 88, 72, 112, 24, 96, 104, 0,
  0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120,
  112, 80, 32, 64, 72, 120, 104, 48, 8, 96, 0, 16, 88, 56, 40, 24,
]);

/** Chaining values, two lanes each. */
const CHAIN: usize = memory.data(8 * 16, 16);
const MESSAGE: usize = memory.data(128, 16);

const ROOT_BYTES: u64 = 64;

/**
 * `length` bytes (a multiple of 128) of BLAKE2Xb of a counter under a key of 64 bytes: one buffer of SEAL's generator
 * (native/src/seal/randomgen.cpp, Blake2xbPRNG::refill_buffer).
 */
export function blake2xb(key: usize, counter: u64, to: usize, length: u32): void {
  const xof = <u64>length << 32;
  // Digest of 64 bytes, key of 64, fanout and depth 1.
  start(0x0101_4040, xof, xof, 0);
  memory.fill(MESSAGE, 0, 128);
  memory.copy(MESSAGE, key, 64);
  compress(128, 0);
  memory.fill(MESSAGE, 0, 128);
  store<u64>(MESSAGE, counter);
  compress(136, -1);
  memory.fill(MESSAGE, 0, 128);
  for (let word: usize = 0; word < 8; word++) {
    store<u64>(MESSAGE + 8 * word, load<u64>(CHAIN + 16 * word));
  }
  for (let block: u32 = 0; block < length / 64; block += 2) {
    // Digest and leaf of 64 bytes, inner length 64.
    start((ROOT_BYTES << 32) | 64, xof | block, xof | (block + 1), ROOT_BYTES << 8);
    compress(64, -1);
    for (let word: usize = 0; word < 8; word++) {
      store<u64>(to + 8 * word, load<u64>(CHAIN + 16 * word));
      store<u64>(to + 64 + 8 * word, load<u64>(CHAIN + 16 * word, 8));
    }
    to += 128;
  }
}

/** Words of the parameter block: the first, the second of each lane, the third. */
function start(first: u64, second0: u64, second1: u64, third: u64): void {
  for (let word: usize = 0; word < 8; word++) v128.store(CHAIN + 16 * word, v128.load64_splat(IV + 8 * word));
  v128.store(CHAIN, v128.xor(v128.load(CHAIN), i64x2.splat(first)));
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 16), i64x2(second0, second1)), 16);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 32), i64x2.splat(third)), 32);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function turn32(x: v128): v128 {
  return i32x4.shuffle(x, x, 1, 0, 3, 2);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function turn24(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function turn16(x: v128): v128 {
  return i8x16.shuffle(x, x, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function turn63(x: v128): v128 {
  return v128.xor(i64x2.add(x, x), i64x2.shr_u(x, 63));
}

/** a + b + the message word at `place` of the round. */
// @ts-ignore: decorator of AssemblyScript
@inline
function fed(a: v128, b: v128, place: usize): v128 {
  return i64x2.add(i64x2.add(a, b), v128.load64_splat(MESSAGE + <usize>load<u8>(place)));
}

/** One block into both lanes of the chaining values; `last` is all ones for the last block. */
function compress(bytes: u64, last: u64): void {
  let v0 = v128.load(CHAIN);
  let v1 = v128.load(CHAIN, 16);
  let v2 = v128.load(CHAIN, 32);
  let v3 = v128.load(CHAIN, 48);
  let v4 = v128.load(CHAIN, 64);
  let v5 = v128.load(CHAIN, 80);
  let v6 = v128.load(CHAIN, 96);
  let v7 = v128.load(CHAIN, 112);
  let v8 = v128.load64_splat(IV);
  let v9 = v128.load64_splat(IV, 8);
  let v10 = v128.load64_splat(IV, 16);
  let v11 = v128.load64_splat(IV, 24);
  let v12 = v128.xor(v128.load64_splat(IV, 32), i64x2.splat(bytes));
  let v13 = v128.load64_splat(IV, 40);
  let v14 = v128.xor(v128.load64_splat(IV, 48), i64x2.splat(last));
  let v15 = v128.load64_splat(IV, 56);
  for (let m = ORDER; m < ORDER + 192; m += 16) {
    v0 = fed(v0, v4, m + 0);
    v1 = fed(v1, v5, m + 2);
    v2 = fed(v2, v6, m + 4);
    v3 = fed(v3, v7, m + 6);
    v12 = turn32(v128.xor(v12, v0));
    v13 = turn32(v128.xor(v13, v1));
    v14 = turn32(v128.xor(v14, v2));
    v15 = turn32(v128.xor(v15, v3));
    v8 = i64x2.add(v8, v12);
    v9 = i64x2.add(v9, v13);
    v10 = i64x2.add(v10, v14);
    v11 = i64x2.add(v11, v15);
    v4 = turn24(v128.xor(v4, v8));
    v5 = turn24(v128.xor(v5, v9));
    v6 = turn24(v128.xor(v6, v10));
    v7 = turn24(v128.xor(v7, v11));
    v0 = fed(v0, v4, m + 1);
    v1 = fed(v1, v5, m + 3);
    v2 = fed(v2, v6, m + 5);
    v3 = fed(v3, v7, m + 7);
    v12 = turn16(v128.xor(v12, v0));
    v13 = turn16(v128.xor(v13, v1));
    v14 = turn16(v128.xor(v14, v2));
    v15 = turn16(v128.xor(v15, v3));
    v8 = i64x2.add(v8, v12);
    v9 = i64x2.add(v9, v13);
    v10 = i64x2.add(v10, v14);
    v11 = i64x2.add(v11, v15);
    v4 = turn63(v128.xor(v4, v8));
    v5 = turn63(v128.xor(v5, v9));
    v6 = turn63(v128.xor(v6, v10));
    v7 = turn63(v128.xor(v7, v11));
    v0 = fed(v0, v5, m + 8);
    v1 = fed(v1, v6, m + 10);
    v2 = fed(v2, v7, m + 12);
    v3 = fed(v3, v4, m + 14);
    v15 = turn32(v128.xor(v15, v0));
    v12 = turn32(v128.xor(v12, v1));
    v13 = turn32(v128.xor(v13, v2));
    v14 = turn32(v128.xor(v14, v3));
    v10 = i64x2.add(v10, v15);
    v11 = i64x2.add(v11, v12);
    v8 = i64x2.add(v8, v13);
    v9 = i64x2.add(v9, v14);
    v5 = turn24(v128.xor(v5, v10));
    v6 = turn24(v128.xor(v6, v11));
    v7 = turn24(v128.xor(v7, v8));
    v4 = turn24(v128.xor(v4, v9));
    v0 = fed(v0, v5, m + 9);
    v1 = fed(v1, v6, m + 11);
    v2 = fed(v2, v7, m + 13);
    v3 = fed(v3, v4, m + 15);
    v15 = turn16(v128.xor(v15, v0));
    v12 = turn16(v128.xor(v12, v1));
    v13 = turn16(v128.xor(v13, v2));
    v14 = turn16(v128.xor(v14, v3));
    v10 = i64x2.add(v10, v15);
    v11 = i64x2.add(v11, v12);
    v8 = i64x2.add(v8, v13);
    v9 = i64x2.add(v9, v14);
    v5 = turn63(v128.xor(v5, v10));
    v6 = turn63(v128.xor(v6, v11));
    v7 = turn63(v128.xor(v7, v8));
    v4 = turn63(v128.xor(v4, v9));
  }
  v128.store(CHAIN, v128.xor(v128.load(CHAIN), v128.xor(v0, v8)));
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 16), v128.xor(v1, v9)), 16);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 32), v128.xor(v2, v10)), 32);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 48), v128.xor(v3, v11)), 48);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 64), v128.xor(v4, v12)), 64);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 80), v128.xor(v5, v13)), 80);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 96), v128.xor(v6, v14)), 96);
  v128.store(CHAIN, v128.xor(v128.load(CHAIN, 112), v128.xor(v7, v15)), 112);
}
