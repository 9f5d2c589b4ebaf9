import { degree, SUB_STRIDE, subBlocks } from './layout';
import { below, difference, modulus, times, twiceModulus } from './modular';
import { forwardSubBlock } from './forward';
import { forwardTop, MONOMIAL_TABLE_BYTES, monomials } from './roots';

/**
 * Σ ±x^e over few monomials. After the top layers x^(256·m + p) is ζ^m at place p of each sub-block, so a sum of
 * monomials costs one addition a monomial and sub-block instead of all top layers.
 */

/** The row is in no bin. */
const NO_BIN: u32 = 255;
export const OUT_OF_RANGE: u32 = 0xffffffff;

/**
 * Monomials x^(bin_i - i·stride) of one block as entries: in the upper half 16·m; in the lower half where its class m mod 4
 * keeps place p. e = 256·m + p is taken mod 2N, so that -x^(N-k) needs no sign: ζ^(m + N/256) = -ζ^m. Returns how many, or
 * OUT_OF_RANGE when a bin is >= stride.
 */
export function oneHotEntries(bins: usize, rows: u32, stride: u32, entries: usize): u32 {
  const mask = 2 * degree - 1;
  let to = entries;
  let base: u32 = 0;
  let outside: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const bin = <u32>load<u8>(bins + i);
    const exponent = (bin - base) & mask;
    const m = exponent >>> 8;
    store<u32>(to, (m << 20) | (((exponent & 255) << 4) + (m & 3) * <u32>SUB_STRIDE));
    to += bin === NO_BIN ? 0 : 4;
    outside |= <u32>(bin >= stride) & <u32>(bin !== NO_BIN);
    base += stride;
  }
  return outside ? OUT_OF_RANGE : <u32>((to - entries) >>> 2);
}

/**
 * Sub-blocks 4·group to 4·group + 3 of the transformed sum of monomials, SUB_STRIDE apart; values in [0, q). Their ζ are
 * ζ_0 times 1, -1, ι and -ι with ι = ψ^(N/2), so each monomial is added once, to its class m mod 4, and the four classes
 * combine with one product a place.
 */
export function oneHotGroup(entries: usize, count: u32, group: u32, at: usize): void {
  memory.fill(at, 0, 4 * SUB_STRIDE);
  const q2 = twiceModulus();
  const table = monomials + 4 * group * MONOMIAL_TABLE_BYTES;
  const end = entries + 4 * <usize>count;
  for (let entry = entries; entry < end; entry += 4) {
    const code = load<u32>(entry);
    const place = at + (code & 0xffff);
    v128.store(place, below(i32x4.add(v128.load(place), v128.load(table + (code >>> 16))), q2));
  }
  combineClasses(at);
  for (let k: u32 = 0; k < 4; k++) forwardSubBlock(at + k * SUB_STRIDE, 4 * group + k);
}

function combineClasses(start: usize): void {
  const q = modulus();
  const q2 = twiceModulus();
  // The first root of the first set is ψ^(N/2).
  const iota = v128.load(forwardTop);
  const quotient = v128.load(forwardTop, 16);
  for (let at = start; at < start + 4096; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at, SUB_STRIDE);
    const c = v128.load(at, 2 * SUB_STRIDE);
    const d = v128.load(at, 3 * SUB_STRIDE);
    const even = below(i32x4.add(a, c), q2);
    const odd = below(i32x4.add(b, d), q2);
    const rest = difference(a, c, q2);
    const turned = times(i32x4.sub(i32x4.add(b, q2), d), iota, quotient, q);
    v128.store(at, i32x4.add(even, odd));
    v128.store(at, i32x4.sub(i32x4.add(even, q2), odd), SUB_STRIDE);
    v128.store(at, i32x4.add(rest, turned), 2 * SUB_STRIDE);
    v128.store(at, i32x4.sub(i32x4.add(rest, q2), turned), 3 * SUB_STRIDE);
  }
}

/** The whole transformed sum of monomials. */
export function oneHot(entries: usize, count: u32, poly: usize): void {
  for (let group: u32 = 0; group < subBlocks / 4; group++) {
    oneHotGroup(entries, count, group, poly + 4 * group * SUB_STRIDE);
  }
}
