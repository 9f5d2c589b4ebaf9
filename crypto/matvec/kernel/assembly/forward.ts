import { SUB_STRIDE, subBlocks } from './layout';
import { below, difference, modulus, times, twiceModulus } from './modular';
import { forwardSub, forwardTop, SET_BYTES, SUB_TABLE_BYTES } from './roots';

/** Natural order, values in [0, 4q), to SEAL's bit-reversed order, values in [0, q). */
export function forward(poly: usize): void {
  forwardFirst(poly);
  forwardRest(poly);
}

/** Layers 0 and 1. */
function forwardFirst(poly: usize): void {
  const span = <usize>(subBlocks / 4) * SUB_STRIDE;
  forwardRows(poly, span, span, forwardTop);
}

/** All layers but the first two. */
export function forwardRest(poly: usize): void {
  forwardTops(poly);
  for (let sub: u32 = 0; sub < subBlocks; sub++) forwardSubBlock(poly + sub * SUB_STRIDE, sub);
}

/** Top layers from the third on: two for N = 4096, three for N = 8192. */
function forwardTops(poly: usize): void {
  const group = <usize>(subBlocks / 4) * SUB_STRIDE;
  const span = group / 4;
  for (let i: usize = 0; i < 4; i++) {
    forwardRows(poly + i * group, span, span, forwardTop + (1 + i) * SET_BYTES);
  }
  if (subBlocks === 32) {
    for (let i: usize = 0; i < 16; i++) {
      forwardPair(poly + 2 * i * SUB_STRIDE, SUB_STRIDE, forwardTop + 5 * SET_BYTES + i * 32);
    }
  }
}

/** The last eight layers of one sub-block. */
export function forwardSubBlock(at: usize, sub: u32): void {
  let set = forwardSub + sub * SUB_TABLE_BYTES;
  forwardRows(at, 1024, 1024, set);
  set += SET_BYTES;
  for (let i: usize = 0; i < 4; i++) {
    forwardRows(at + i * 1024, 256, 256, set);
    set += SET_BYTES;
  }
  forwardQuarters(at, set);
  forwardLast(at, set + 16 * SET_BYTES);
}

/** Two layers over four rows of `bytes` bytes each, `span` bytes apart; [0, 4q) to [0, 4q). */
function forwardRows(at: usize, span: usize, bytes: usize, set: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const w1 = v128.load(set);
  const s1 = v128.load(set, 16);
  const w2 = v128.load(set, 32);
  const s2 = v128.load(set, 48);
  const w3 = v128.load(set, 64);
  const s3 = v128.load(set, 80);
  const atB = span;
  const atC = 2 * span;
  const atD = 3 * span;
  const end = at + bytes;
  for (; at < end; at += 16) {
    const a = below(v128.load(at), q2);
    const b = below(v128.load(at + atB), q2);
    const c = times(v128.load(at + atC), w1, s1, q);
    const d = times(v128.load(at + atD), w1, s1, q);
    const e = below(i32x4.add(a, c), q2);
    const f = times(i32x4.add(b, d), w2, s2, q);
    const g = difference(a, c, q2);
    const h = times(i32x4.sub(i32x4.add(b, q2), d), w3, s3, q);
    v128.store(at, i32x4.add(e, f));
    v128.store(at + atB, i32x4.sub(i32x4.add(e, q2), f));
    v128.store(at + atC, i32x4.add(g, h));
    v128.store(at + atD, i32x4.sub(i32x4.add(g, q2), h));
  }
}

/** Two layers over 16 groups of four rows of four coefficients. */
function forwardQuarters(start: usize, sets: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  let set = sets;
  const end = start + 4096;
  for (let group = start; group < end; group += 256) {
    const w1 = v128.load(set);
    const s1 = v128.load(set, 16);
    const w2 = v128.load(set, 32);
    const s2 = v128.load(set, 48);
    const w3 = v128.load(set, 64);
    const s3 = v128.load(set, 80);
    set += SET_BYTES;
    for (let at = group; at < group + 64; at += 16) {
      const a = below(v128.load(at), q2);
      const b = below(v128.load(at, 64), q2);
      const c = times(v128.load(at, 128), w1, s1, q);
      const d = times(v128.load(at, 192), w1, s1, q);
      const e = below(i32x4.add(a, c), q2);
      const f = times(i32x4.add(b, d), w2, s2, q);
      const g = difference(a, c, q2);
      const h = times(i32x4.sub(i32x4.add(b, q2), d), w3, s3, q);
      v128.store(at, i32x4.add(e, f));
      v128.store(at, i32x4.sub(i32x4.add(e, q2), f), 64);
      v128.store(at, i32x4.add(g, h), 128);
      v128.store(at, i32x4.sub(i32x4.add(g, q2), h), 192);
    }
  }
}

/** The last two layers, results in [0, q). */
function forwardLast(start: usize, sets: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  let set = sets;
  const end = start + 4096;
  for (let at = start; at < end; at += 64) {
    const w1 = v128.load(set);
    const s1 = v128.load(set, 16);
    const a = below(v128.load(at), q2);
    const b = below(v128.load(at, 16), q2);
    const c = times(v128.load(at, 32), w1, s1, q);
    const d = times(v128.load(at, 48), w1, s1, q);
    const e = below(i32x4.add(a, c), q2);
    const f = times(i32x4.add(b, d), v128.load(set, 32), v128.load(set, 48), q);
    const g = difference(a, c, q2);
    const h = times(i32x4.sub(i32x4.add(b, q2), d), v128.load(set, 64), v128.load(set, 80), q);
    set += SET_BYTES;
    v128.store(at, below(below(i32x4.add(e, f), q2), q));
    v128.store(at, below(below(i32x4.sub(i32x4.add(e, q2), f), q2), q), 16);
    v128.store(at, below(below(i32x4.add(g, h), q2), q), 32);
    v128.store(at, below(below(i32x4.sub(i32x4.add(g, q2), h), q2), q), 48);
  }
}

/** One layer over two rows of a sub-block's length. */
function forwardPair(start: usize, span: usize, root: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const w = v128.load(root);
  const s = v128.load(root, 16);
  const end = start + 4096;
  for (let at = start; at < end; at += 16) {
    const a = below(v128.load(at), q2);
    const b = times(v128.load(at + span), w, s, q);
    v128.store(at, i32x4.add(a, b));
    v128.store(at + span, i32x4.sub(i32x4.add(a, q2), b));
  }
}
