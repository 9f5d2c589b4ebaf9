import { createCipheriv } from 'node:crypto';
import { CodedError, type ParameterSetName } from '../../contract/index.js';
import { parameterSet } from '../he/public.js';

/** How model updates become integers; public, from the job spec. */
export interface Quantisation {
  /** Largest L2 norm of an update; longer ones are scaled down to it. */
  readonly clipNorm: number;
  /** Largest |coordinate| after that. */
  readonly clipCoordinate: number;
  /** b: bits of a quantised coordinate, sign included. */
  readonly bits: number;
  /** Public upper bound of anybody's rows; an update weighs rows / rowsCap <= 1. */
  readonly rowsCap: number;
}

/** Largest |integer| of b bits, sign included. */
export function quantisedMax(bits: number): number {
  return 2 ** (bits - 1) - 1;
}

/**
 * Range proof (docs/protocols/secure-sum.md): n integers of b bits cannot wrap mod t when b + ceil(log2 n) + 1 <= log2 t. One bit is
 * spare (n · (2^(b−1) − 1) < 2^(b − 1 + ceil(log2 n)) <= t / 4), for counts that ride in the same vector.
 * Weights do not widen it: each is at most 1.
 * @throws {CodedError} RANGE_EXCEEDED
 */
export function proveRange(claim: {
  bits: number;
  contributors: number;
  parameterSet: ParameterSetName;
}): void {
  const { bits, contributors } = claim;
  const needed = bits + Math.ceil(Math.log2(contributors)) + 1;
  if (!(needed <= Math.log2(parameterSet(claim.parameterSet).plainModulus))) {
    throw new CodedError(
      'RANGE_EXCEEDED',
      `${bits}-bit values of ${contributors} contributors need ${needed} bits, more than the ${claim.parameterSet} set holds`,
    );
  }
}

/**
 * round(scale · rows/rowsCap · clip(Δ)) with scale = quantisedMax(bits) / clipCoordinate, rounded up or down at random so
 * that its expectation is exact. The same (update, seed) gives the same integers, so a participant that
 * restarts contributes the same values; `seed` (32 bytes) hides nothing and may follow from public values.
 * @throws {CodedError} UPDATE_NOT_FINITE; VALUE_OUT_OF_RANGE when rows lie outside [0, rowsCap].
 */
export function quantise(
  update: Float32Array | Float64Array,
  rows: number,
  seed: Uint8Array,
  { clipNorm, clipCoordinate, bits, rowsCap }: Quantisation,
): Float64Array {
  if (!(rows >= 0 && rows <= rowsCap)) {
    throw new CodedError('VALUE_OUT_OF_RANGE', 'the participant has more rows than rowsCap');
  }
  const norm = normOf(update);
  const shrink = norm > clipNorm ? clipNorm / norm : 1;
  const max = quantisedMax(bits);
  const scale = (max / clipCoordinate) * (rows / rowsCap);
  const top = Math.min(max, clipCoordinate * scale);
  const factor = shrink * scale;
  const dither = ditherOf(update.length, seed);
  const values = new Float64Array(update.length);
  for (let k = 0; k < values.length; k++) {
    const exact = (update[k] as number) * factor;
    const clipped = exact > top ? top : exact < -top ? -top : exact;
    // 24 random bits: with 28-bit values clipped + u stays exact enough never to round up to max + 1.
    values[k] = Math.floor(clipped + ((dither[k] as number) >>> 8) * 2 ** -24);
  }
  return values;
}

/** The weighted mean update from the opened sums: Σ round(scale·(n_i/cap)·Δ_i) · cap / (scale · Σ n_i). */
export function dequantise(
  sums: Float64Array,
  totalRows: number,
  { clipCoordinate, bits, rowsCap }: Quantisation,
): Float64Array {
  const factor = (clipCoordinate / quantisedMax(bits)) * (rowsCap / totalRows);
  return sums.map((sum) => sum * factor);
}

/** Left-to-right sum of squares in doubles: the same on every machine. */
function normOf(update: Float32Array | Float64Array): number {
  let squares = 0;
  for (let k = 0; k < update.length; k++) {
    const value = update[k] as number;
    squares += value * value;
  }
  if (!Number.isFinite(squares)) {
    throw new CodedError(
      'UPDATE_NOT_FINITE',
      'local training gave a NaN, infinite or astronomically large update',
    );
  }
  return Math.sqrt(squares);
}

/** Uniform 32-bit words from AES-256-CTR under `seed`. */
function ditherOf(count: number, seed: Uint8Array): Uint32Array {
  const words = new Uint32Array(count);
  const bytes = createCipheriv('aes-256-ctr', seed, new Uint8Array(16)).update(new Uint8Array(words.buffer));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
