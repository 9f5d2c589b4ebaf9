import { describe, expect, test } from 'vitest';
import { dequantise, proveRange, quantise, quantisedMax } from '../../../crypto/secure-sum/index.js';
import { coded } from '../../support/coded.js';

const seed = new Uint8Array(32).fill(9);
const public_ = { clipNorm: 10, clipCoordinate: 2, bits: 24, rowsCap: 1000 };

describe('quantise', () => {
  test('NaN, infinity and overflowing updates are refused before anything is made', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e200]) {
      const update = new Float64Array([0.1, bad, 0.2]);
      expect(coded(() => quantise(update, 500, seed, public_))).toBe('UPDATE_NOT_FINITE');
    }
  });

  test('rows outside [0, rowsCap] are refused', () => {
    for (const rows of [-1, 1001, Number.NaN]) {
      expect(coded(() => quantise(new Float64Array(1), rows, seed, public_))).toBe('VALUE_OUT_OF_RANGE');
    }
  });

  test('stochastic rounding is unbiased: the mean of 20,000 roundings of 0.3 units is 0.3 ± 0.013 (4 sigma)', () => {
    const { clipCoordinate, bits } = public_;
    const unit = clipCoordinate / quantisedMax(bits);
    const update = new Float64Array(20_000).fill(0.3 * unit);
    const values = quantise(update, 1000, seed, public_);
    expect(new Set(values)).toEqual(new Set([0, 1]));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 20_000));
  });

  test('the same update and seed give the same integers, another seed others', () => {
    const update = Float64Array.from({ length: 1000 }, (_, k) => Math.sin(k));
    const once = quantise(update, 700, seed, { ...public_, clipNorm: 100 });
    expect(quantise(update, 700, seed, { ...public_, clipNorm: 100 })).toEqual(once);
    expect(quantise(update, 700, new Uint8Array(32), { ...public_, clipNorm: 100 })).not.toEqual(once);
  });

  test('the norm is clipped first, then coordinates', () => {
    const long = new Float64Array([30, 40]);
    const mean = (rows: number, q: Float64Array) => dequantise(q, rows, public_);
    // Norm 50 scaled to 10: (6, 8); coordinates cut at 2.
    const [a, b] = mean(1000, quantise(long, 1000, seed, public_)) as unknown as [number, number];
    expect([a, b]).toEqual([2, 2]);
    const [c, d] = mean(1000, quantise(long, 1000, seed, { ...public_, clipNorm: 1 })) as unknown as [
      number,
      number,
    ];
    expect(c).toBeCloseTo(0.6, 5);
    expect(d).toBeCloseTo(0.8, 5);
  });
});

test('range proof: b + ceil(log2 n) + 1 <= log2 t', () => {
  const holds = (bits: number, contributors: number, parameterSet: 'narrow' | 'wide') =>
    coded(() => proveRange({ bits, contributors, parameterSet }));
  expect(holds(24, 64, 'narrow')).toBe('no error');
  expect(holds(24, 65, 'narrow')).toBe('RANGE_EXCEEDED');
  expect(holds(28, 4, 'narrow')).toBe('no error');
  expect(holds(28, 5, 'narrow')).toBe('RANGE_EXCEEDED');
  expect(holds(28, 255, 'wide')).toBe('no error');
  expect(holds(40, 255, 'wide')).toBe('no error');
  expect(holds(41, 255, 'wide')).toBe('RANGE_EXCEEDED');
});
