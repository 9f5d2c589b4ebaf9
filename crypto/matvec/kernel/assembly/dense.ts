import { degree, SUB_LENGTH, SUB_STRIDE, subBlocks } from './layout';
import { below, difference, modulus, times, twiceModulus } from './modular';
import { forwardRest } from './forward';
import { forwardTop } from './roots';

/** Largest |X|: plaintexts of at most 15 bits keep the noise of a product within the proofs of the parameter sets. */
const LARGEST: i16 = 1 << 14;
export const ZERO: u32 = 0;
export const SOME: u32 = 1;
export const OUT_OF_RANGE: u32 = 2;

/**
 * Coefficients of Σ_i Σ_f X_(i,f) x^(f - i·stride) as N 16-bit integers; x^-k = -x^(N-k). Column f of the block starts at
 * columns + f·columnBytes; width <= stride columns. Says whether all are ZERO or any is OUT_OF_RANGE.
 */
export function denseCoefficients(
  columns: usize,
  columnBytes: usize,
  rows: u32,
  width: u32,
  stride: u32,
  coefficients: usize,
): u32 {
  if (rows * width !== degree) memory.fill(coefficients, 0, 2 * <usize>degree);
  const step = 2 * <usize>stride;
  let largest = i16x8.splat(0);
  for (let f: u32 = 0; f < width; f++) {
    let from = columns + f * columnBytes;
    const end = from + 2 * rows;
    // Row 0 first lands one place past the end, where its sign would turn; it is put right below.
    let to = coefficients + 2 * (degree + f);
    for (; from + 16 <= end; from += 16) {
      const values = v128.load(from);
      largest = i16x8.max_u(largest, i16x8.abs(values));
      const negated = i16x8.neg(values);
      v128.store_lane<u16>(to, negated, 0);
      v128.store_lane<u16>((to -= step), negated, 1);
      v128.store_lane<u16>((to -= step), negated, 2);
      v128.store_lane<u16>((to -= step), negated, 3);
      v128.store_lane<u16>((to -= step), negated, 4);
      v128.store_lane<u16>((to -= step), negated, 5);
      v128.store_lane<u16>((to -= step), negated, 6);
      v128.store_lane<u16>((to -= step), negated, 7);
      to -= step;
    }
    for (; from < end; from += 2) {
      const value = load<i16>(from);
      largest = i16x8.max_u(largest, i16x8.abs(i16x8.splat(value)));
      store<i16>(to, -value);
      to -= step;
    }
    store<i16>(coefficients + 2 * f, load<i16>(columns + f * columnBytes));
  }
  if (!v128.any_true(largest)) return ZERO;
  return v128.any_true(i16x8.gt_u(largest, i16x8.splat(LARGEST))) ? OUT_OF_RANGE : SOME;
}

/** Transforms N signed 16-bit coefficients; values in [0, q). */
export function transformSmall(coefficients: usize, poly: usize): void {
  const quarter = <usize>degree / 2;
  const subs = subBlocks / 4;
  const span = <usize>subs * SUB_STRIDE;
  for (let sub: u32 = 0; sub < subs; sub++) {
    firstRows(coefficients + 2 * sub * SUB_LENGTH, quarter, poly + sub * SUB_STRIDE, span);
  }
  forwardRest(poly);
}

/** Layers 0 and 1 straight from the integers: the first four rows of 256 coefficients. */
function firstRows(coefficients: usize, quarter: usize, poly: usize, span: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  const w1 = v128.load(forwardTop);
  const s1 = v128.load(forwardTop, 16);
  const w2 = v128.load(forwardTop, 32);
  const s2 = v128.load(forwardTop, 48);
  const w3 = v128.load(forwardTop, 64);
  const s3 = v128.load(forwardTop, 80);
  let from = coefficients;
  for (let at = poly; at < poly + 4096; at += 16) {
    // Adding q lifts |value| < q to (0, 2q).
    const a = i32x4.add(q, i32x4.splat(load<i16>(from)));
    const b = i32x4.add(q, i32x4.splat(load<i16>(from + quarter)));
    const c = times(i32x4.add(q, i32x4.splat(load<i16>(from + 2 * quarter))), w1, s1, q);
    const d = times(i32x4.add(q, i32x4.splat(load<i16>(from + 3 * quarter))), w1, s1, q);
    from += 2;
    const e = below(i32x4.add(a, c), q2);
    const f = times(i32x4.add(b, d), w2, s2, q);
    const g = difference(a, c, q2);
    const h = times(i32x4.sub(i32x4.add(b, q2), d), w3, s3, q);
    v128.store(at, i32x4.add(e, f));
    v128.store(at + span, i32x4.sub(i32x4.add(e, q2), f));
    v128.store(at + 2 * span, i32x4.add(g, h));
    v128.store(at + 3 * span, i32x4.sub(i32x4.add(g, q2), h));
  }
}
