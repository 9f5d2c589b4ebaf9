/** Dot products, compiled by scripts/build-kernel.mjs to WebAssembly with fixed-width SIMD; ../wasm.ts loads it. */

let top: usize = 0;

/** Zeroed memory for the life of the instance, on a 64-byte boundary. */
export function reserve(bytes: usize): usize {
  if (top === 0) top = (__heap_base + 63) & ~63;
  const at = top;
  top = (at + bytes + 63) & ~63;
  const pages = <i32>((top + 0xffff) >>> 16);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}

/**
 * Adds to c[i * rowsB + j] the dot product of row i of `a` and row j of `b`, rows of `depth` doubles. Rows are multiples
 * of 3, `depth` one of 2. With `upper`, tiles of 3 x 3 wholly below the diagonal are left out.
 *
 * One fixed order: products at even places are summed from 0 in turn, those at odd places likewise, then
 * c = (c + even) + odd. No fused multiply-add, so every engine rounds alike.
 * Nine running sums and six operands fit the sixteen registers of x64.
 */
export function addDotProducts(
  a: usize,
  b: usize,
  c: usize,
  rowsA: u32,
  rowsB: u32,
  depth: u32,
  upper: bool,
): void {
  const stride = <usize>depth << 3;
  const width = <usize>rowsB << 3;
  for (let i: u32 = 0; i < rowsA; i += 3) {
    const a0 = a + <usize>i * stride;
    for (let j: u32 = upper ? i : 0; j < rowsB; j += 3) {
      let x = a0;
      let y = b + <usize>j * stride;
      let s00 = f64x2.splat(0);
      let s01 = s00;
      let s02 = s00;
      let s10 = s00;
      let s11 = s00;
      let s12 = s00;
      let s20 = s00;
      let s21 = s00;
      let s22 = s00;
      const twice = stride << 1;
      for (const end = x + stride; x < end; x += 16, y += 16) {
        const x0 = v128.load(x);
        const x1 = v128.load(x + stride);
        const x2 = v128.load(x + twice);
        const y0 = v128.load(y);
        const y1 = v128.load(y + stride);
        const y2 = v128.load(y + twice);
        s00 = f64x2.add(s00, f64x2.mul(x0, y0));
        s01 = f64x2.add(s01, f64x2.mul(x0, y1));
        s02 = f64x2.add(s02, f64x2.mul(x0, y2));
        s10 = f64x2.add(s10, f64x2.mul(x1, y0));
        s11 = f64x2.add(s11, f64x2.mul(x1, y1));
        s12 = f64x2.add(s12, f64x2.mul(x1, y2));
        s20 = f64x2.add(s20, f64x2.mul(x2, y0));
        s21 = f64x2.add(s21, f64x2.mul(x2, y1));
        s22 = f64x2.add(s22, f64x2.mul(x2, y2));
      }
      const at = c + <usize>i * width + (<usize>j << 3);
      addTo(at, s00, s01, s02);
      addTo(at + width, s10, s11, s12);
      addTo(at + 2 * width, s20, s21, s22);
    }
  }
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, s0: v128, s1: v128, s2: v128): void {
  store<f64>(at, load<f64>(at) + f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1));
  store<f64>(at + 8, load<f64>(at + 8) + f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1));
  store<f64>(at + 16, load<f64>(at + 16) + f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1));
}

/**
 * z[i * rowsB + j] = round(scale * x), halves up, cut at ±limit, for the dot product x of row i of `a` and row j of `b`,
 * rows of `depth` floats; returns how many were cut by more than a half. Rows of `a` are multiples of 3, those of `b` of
 * 24, `depth` of 4; `sums` is room for 3 * rowsB floats.
 *
 * One fixed order: products at places k mod 4 are summed from 0 in turn, then (0 + 1) + (2 + 3).
 */
export function quantisedProducts(
  a: usize,
  b: usize,
  sums: usize,
  z: usize,
  rowsA: u32,
  rowsB: u32,
  depth: u32,
  scale: f32,
  limit: f32,
): u32 {
  const stride = <usize>depth << 2;
  const twice = stride << 1;
  const width = <usize>rowsB << 2;
  let cut: u32 = 0;
  for (let i: u32 = 0; i < rowsA; i += 3) {
    const a0 = a + <usize>i * stride;
    for (let j: u32 = 0; j < rowsB; j += 3) {
      let x = a0;
      let y = b + <usize>j * stride;
      let s00 = f32x4.splat(0);
      let s01 = s00;
      let s02 = s00;
      let s10 = s00;
      let s11 = s00;
      let s12 = s00;
      let s20 = s00;
      let s21 = s00;
      let s22 = s00;
      for (const end = x + stride; x < end; x += 16, y += 16) {
        const x0 = v128.load(x);
        const x1 = v128.load(x + stride);
        const x2 = v128.load(x + twice);
        const y0 = v128.load(y);
        const y1 = v128.load(y + stride);
        const y2 = v128.load(y + twice);
        s00 = f32x4.add(s00, f32x4.mul(x0, y0));
        s01 = f32x4.add(s01, f32x4.mul(x0, y1));
        s02 = f32x4.add(s02, f32x4.mul(x0, y2));
        s10 = f32x4.add(s10, f32x4.mul(x1, y0));
        s11 = f32x4.add(s11, f32x4.mul(x1, y1));
        s12 = f32x4.add(s12, f32x4.mul(x1, y2));
        s20 = f32x4.add(s20, f32x4.mul(x2, y0));
        s21 = f32x4.add(s21, f32x4.mul(x2, y1));
        s22 = f32x4.add(s22, f32x4.mul(x2, y2));
      }
      const at = sums + (<usize>j << 2);
      store<f32>(at, total(s00));
      store<f32>(at + 4, total(s01));
      store<f32>(at + 8, total(s02));
      store<f32>(at + width, total(s10));
      store<f32>(at + width + 4, total(s11));
      store<f32>(at + width + 8, total(s12));
      store<f32>(at + 2 * width, total(s20));
      store<f32>(at + 2 * width + 4, total(s21));
      store<f32>(at + 2 * width + 8, total(s22));
    }
    cut += quantise(sums, z + <usize>i * (width >> 1), 3 * rowsB, scale, limit);
  }
  return cut;
}

// @ts-ignore: decorator
@inline
function total(s: v128): f32 {
  return (
    f32x4.extract_lane(s, 0) +
    f32x4.extract_lane(s, 1) +
    (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))
  );
}

function quantise(sums: usize, z: usize, count: u32, scale: f32, limit: f32): u32 {
  const factor = f32x4.splat(scale);
  const most = f32x4.splat(limit);
  const least = f32x4.splat(-limit);
  const half = f32x4.splat(0.5);
  const edge = f32x4.splat(limit + 0.5);
  let cut = i32x4.splat(0);
  for (const end = sums + (<usize>count << 2); sums < end; sums += 32, z += 16) {
    const low = f32x4.mul(v128.load(sums), factor);
    const high = f32x4.mul(v128.load(sums + 16), factor);
    // A comparison gives -1 where it holds.
    cut = i32x4.sub(cut, f32x4.gt(f32x4.abs(low), edge));
    cut = i32x4.sub(cut, f32x4.gt(f32x4.abs(high), edge));
    const first = f32x4.min(most, f32x4.max(least, f32x4.floor(f32x4.add(low, half))));
    const second = f32x4.min(most, f32x4.max(least, f32x4.floor(f32x4.add(high, half))));
    v128.store(z, i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(first), i32x4.trunc_sat_f32x4_s(second)));
  }
  return (
    i32x4.extract_lane(cut, 0) +
    i32x4.extract_lane(cut, 1) +
    i32x4.extract_lane(cut, 2) +
    i32x4.extract_lane(cut, 3)
  );
}
