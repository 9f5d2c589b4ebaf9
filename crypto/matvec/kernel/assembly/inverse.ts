import { MODULI, SUB_STRIDE, subBlocks } from './layout';
import { below, modulus, times, twiceModulus } from './modular';
import { inverseSub, inverseTop, SET_BYTES, SUB_TABLE_BYTES } from './roots';

/** SEAL's order to natural order, values in [0, q) on both sides: the layers of `forward` backwards, then 1/N. */
export function inverse(poly: usize): void {
  for (let sub: u32 = 0; sub < subBlocks; sub++) {
    inverseSubBlock(poly + sub * SUB_STRIDE, inverseSub + sub * SUB_TABLE_BYTES);
  }
  if (subBlocks === 32) {
    for (let i: usize = 0; i < 16; i++) {
      inversePair(poly + 2 * i * SUB_STRIDE, inverseTop + 5 * SET_BYTES + i * 32);
    }
  }
  const group = <usize>(subBlocks / 4) * SUB_STRIDE;
  for (let i: usize = 0; i < 4; i++) {
    inverseRows(poly + i * group, group / 4, group / 4, inverseTop + (1 + i) * SET_BYTES);
  }
  inverseRows(poly, group, group, inverseTop);
  inverseScale(poly, 4 * group);
}

function inverseSubBlock(at: usize, table: usize): void {
  let set = table + 21 * SET_BYTES;
  for (let i: usize = 0; i < 64; i++) inverseRows(at + i * 64, 16, 16, set + i * SET_BYTES);
  set = table + 5 * SET_BYTES;
  for (let i: usize = 0; i < 16; i++) inverseRows(at + i * 256, 64, 64, set + i * SET_BYTES);
  set = table + SET_BYTES;
  for (let i: usize = 0; i < 4; i++) inverseRows(at + i * 1024, 256, 256, set + i * SET_BYTES);
  inverseRows(at, 1024, 1024, table);
}

/** Undoes two layers over four rows of `bytes` bytes each, `span` bytes apart; [0, 2q) to [0, 2q). */
// @ts-ignore: decorator of AssemblyScript
@inline
function inverseRows(start: usize, span: usize, bytes: usize, set: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const w1 = v128.load(set);
  const s1 = v128.load(set, 16);
  const w2 = v128.load(set, 32);
  const s2 = v128.load(set, 48);
  const w3 = v128.load(set, 64);
  const s3 = v128.load(set, 80);
  const end = start + bytes;
  for (let at = start; at < end; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + span);
    const c = v128.load(at + 2 * span);
    const d = v128.load(at + 3 * span);
    const e = below(i32x4.add(a, b), q2);
    const f = times(i32x4.sub(i32x4.add(a, q2), b), w2, s2, q);
    const g = below(i32x4.add(c, d), q2);
    const h = times(i32x4.sub(i32x4.add(c, q2), d), w3, s3, q);
    v128.store(at, below(i32x4.add(e, g), q2));
    v128.store(at + span, below(i32x4.add(f, h), q2));
    v128.store(at + 2 * span, times(i32x4.sub(i32x4.add(e, q2), g), w1, s1, q));
    v128.store(at + 3 * span, times(i32x4.sub(i32x4.add(f, q2), h), w1, s1, q));
  }
}

/** Undoes one layer over two rows of a sub-block's length. */
function inversePair(start: usize, root: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const w = v128.load(root);
  const s = v128.load(root, 16);
  for (let at = start; at < start + 4096; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + SUB_STRIDE);
    v128.store(at, below(i32x4.add(a, b), q2));
    v128.store(at + SUB_STRIDE, times(i32x4.sub(i32x4.add(a, q2), b), w, s, q));
  }
}

function inverseScale(start: usize, bytes: usize): void {
  const q = modulus();
  const scale = v128.load(MODULI, 80);
  const quotient = v128.load(MODULI, 96);
  for (let at = start; at < start + bytes; at += 16) {
    v128.store(at, below(times(v128.load(at), scale, quotient, q), q));
  }
}
