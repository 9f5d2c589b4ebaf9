/**
 * Polynomials in memory. A coefficient is one v128: its residues mod up to four primes, one a lane (lanes without a prime
 * of their own repeat the first prime and hold zeros). Coefficients lie in sub-blocks of 256 (4 KiB), which stay in the
 * first-level cache through the last eight layers of a transform; 64 bytes between sub-blocks keep the top layers, which
 * walk over all sub-blocks at once, off power-of-two strides (measured: up to 5 times slower with them).
 */
export const SUB_LENGTH: u32 = 256;
export const SUB_BYTES: usize = 256 * 16;
/** From one sub-block of a polynomial to the next. */
export const SUB_STRIDE: usize = SUB_BYTES + 64;

/** A sum: a transformed pair (c0, c1), coefficient by coefficient, c0 then c1, no gaps. */
export const PAIR_SUB_BYTES: usize = 2 * SUB_BYTES;

/** N. */
export let degree: u32 = 0;
/** N / 256: 16 or 32. */
export let subBlocks: u32 = 0;
/** Primes that have a lane of their own. */
export let primeCount: u32 = 0;

/** q, 2q, q^-1 mod 2^32, 2^32 mod q and its Shoup quotient, N^-1 mod q and its Shoup quotient; lane by lane. */
export const MODULI: usize = memory.data(7 * 16, 16);

export function setShape(n: u32, primes: u32): void {
  degree = n;
  subBlocks = n / SUB_LENGTH;
  primeCount = primes;
}

/** Bytes of a polynomial. */
export function polyBytes(): usize {
  return subBlocks * SUB_STRIDE;
}

let top: usize = 0;

/** Memory for the life of the instance, on a 64-byte boundary. */
export function reserve(bytes: usize): usize {
  if (top === 0) top = (__heap_base + 63) & ~63;
  const at = top;
  top = (at + bytes + 63) & ~63;
  const pages = <i32>((top + 0xffff) >>> 16);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}
