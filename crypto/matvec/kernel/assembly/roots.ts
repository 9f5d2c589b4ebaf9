import { degree, MODULI, reserve, setShape, subBlocks } from './layout';

/**
 * Tables of one ring. Roots stand in SEAL's order: entry i is ψ^bitrev(i), ψ the least primitive 2N-th root mod the prime
 * (SEAL native/src/seal/util/ntt.cpp, numth.cpp). Two layers at once take a set of three roots, each with its Shoup
 * quotient: 96 bytes; a set is (root[m + i], root[2m + 2i], root[2m + 2i + 1]) for group i of the layer with m groups.
 */
export const SET_BYTES: usize = 96;
/** The last eight layers of one sub-block: 1 + 4 + 16 + 64 sets. */
export const SUB_TABLE_BYTES: usize = 85 * SET_BYTES;
/** Powers ζ^0..ζ^63 of x^256 in one sub-block; ζ^(N/256) = -1, so this is every x^(256·m) with its sign. */
export const MONOMIAL_TABLE_BYTES: usize = 64 * 16;

/** Top layers: 1 + 4 sets, then 16 single roots for N = 8192; then the tables of the sub-blocks. */
export let forwardTop: usize = 0;
export let forwardSub: usize = 0;
/** The same with the inverse roots. */
export let inverseTop: usize = 0;
export let inverseSub: usize = 0;
export let monomials: usize = 0;

const TOP_TABLE_BYTES: usize = 5 * SET_BYTES + 16 * 32;

/** Lays out tables for N and these primes (0: lane not in use). */
export function setup(n: u32, q0: u32, q1: u32, q2: u32, q3: u32): void {
  setShape(n, 1 + <u32>(q1 !== 0) + <u32>(q2 !== 0) + <u32>(q3 !== 0));
  const subs = <usize>subBlocks;
  forwardTop = reserve(TOP_TABLE_BYTES);
  forwardSub = reserve(subs * SUB_TABLE_BYTES);
  inverseTop = reserve(TOP_TABLE_BYTES);
  inverseSub = reserve(subs * SUB_TABLE_BYTES);
  monomials = reserve(subs * MONOMIAL_TABLE_BYTES);
  const scratch = reserve(<usize>n * 4);
  fillLane(0, q0, scratch);
  fillLane(1, q1 ? q1 : q0, scratch);
  fillLane(2, q2 ? q2 : q0, scratch);
  fillLane(3, q3 ? q3 : q0, scratch);
}

function fillLane(lane: u32, q: u32, scratch: usize): void {
  const n = <u64>degree;
  const at = MODULI + 4 * lane;
  store<u32>(at, q);
  store<u32>(at, 2 * q, 16);
  store<u32>(at, inverseOfOdd(q), 32);
  storeRoot(at + 48, <u32>((<u64>1 << 32) % q), q);
  storeRoot(at + 80, power(<u32>n, q - 2, q), q);
  const root = leastRoot(q);
  fillRoots(scratch, root, q);
  fillMonomials(scratch, lane, q);
  fillSets(forwardTop, forwardSub, scratch, lane, q);
  fillRoots(scratch, power(root, q - 2, q), q);
  fillSets(inverseTop, inverseSub, scratch, lane, q);
}

function fillSets(topTable: usize, subTable: usize, roots: usize, lane: u32, q: u32): void {
  storeSet(topTable, roots, 1, 0, lane, q);
  for (let i: u32 = 0; i < 4; i++) storeSet(topTable + (1 + i) * SET_BYTES, roots, 4, i, lane, q);
  for (let i: u32 = 0; i < 16; i++) {
    storeRoot(topTable + 5 * SET_BYTES + i * 32 + 4 * lane, load<u32>(roots + (16 + i) * 4), q);
  }
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    let at = subTable + sub * SUB_TABLE_BYTES;
    for (let groups: u32 = 1; groups <= 64; groups *= 4) {
      for (let i: u32 = 0; i < groups; i++) {
        storeSet(at, roots, subBlocks * groups, sub * groups + i, lane, q);
        at += SET_BYTES;
      }
    }
  }
}

/** Sub-block b holds the remainder mod x^256 - ζ, ζ = ±root of the last top layer: root[subBlocks + b] is its square root. */
function fillMonomials(roots: usize, lane: u32, q: u32): void {
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    const half = load<u32>(roots + (subBlocks + sub) * 4);
    const zeta = product(half, half, q);
    let value: u32 = 1;
    for (let m: u32 = 0; m < 64; m++) {
      store<u32>(monomials + sub * MONOMIAL_TABLE_BYTES + m * 16 + 4 * lane, value);
      value = product(value, zeta, q);
    }
  }
}

function storeSet(at: usize, roots: usize, m: u32, i: u32, lane: u32, q: u32): void {
  storeRoot(at + 4 * lane, load<u32>(roots + (m + i) * 4), q);
  storeRoot(at + 32 + 4 * lane, load<u32>(roots + 2 * (m + i) * 4), q);
  storeRoot(at + 64 + 4 * lane, load<u32>(roots + (2 * (m + i) + 1) * 4), q);
}

/** A constant and, 16 bytes on, its Shoup quotient. */
function storeRoot(at: usize, value: u32, q: u32): void {
  store<u32>(at, value);
  store<u32>(at, <u32>((<u64>value << 32) / q), 16);
}

function fillRoots(roots: usize, root: u32, q: u32): void {
  let bits: u32 = 31 - clz<u32>(degree);
  let value: u32 = 1;
  for (let k: u32 = 0; k < degree; k++) {
    store<u32>(roots + (reversed(k) >>> (32 - bits)) * 4, value);
    value = product(value, root, q);
  }
}

function leastRoot(q: u32): u32 {
  let candidate: u32 = 2;
  let root = power(candidate, (q - 1) / (2 * degree), q);
  while (power(root, degree, q) !== q - 1) root = power(++candidate, (q - 1) / (2 * degree), q);
  const square = product(root, root, q);
  let least = root;
  for (let k: u32 = 1; k < degree; k++) {
    root = product(root, square, q);
    least = min<u32>(least, root);
  }
  return least;
}

function reversed(value: u32): u32 {
  let x = value;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  return bswap<u32>(x);
}

function product(a: u32, b: u32, q: u32): u32 {
  return <u32>((<u64>a * b) % q);
}

function power(base: u32, exponent: u32, q: u32): u32 {
  let result: u32 = 1;
  let square = base;
  for (let e = exponent; e > 0; e >>>= 1) {
    if (e & 1) result = product(result, square, q);
    square = product(square, square, q);
  }
  return result;
}

/** Newton's iteration for the inverse of an odd number mod 2^32. */
function inverseOfOdd(q: u32): u32 {
  let x: u32 = q;
  for (let k = 0; k < 4; k++) x *= 2 - q * x;
  return x;
}
