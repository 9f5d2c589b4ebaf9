import { hkdfSync } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';
import { parameterSet } from '../he/public.js';
import { MAC_SLOTS } from './slots.js';
import { bindingOf, type SumId } from './sum-id.js';
import { UniformStream } from './uniform-stream.js';

/**
 * MAC coefficients a_l are uniform below the narrow set's t, about 2^32, in both sets. Changing the values by δ ≠ 0 mod t passes
 * one MAC only if ⟨a_l, δ⟩ hits one value, which for prime t has chance <= 1/2^31.99: all four, 2^-127.9.
 */
const coefficientModulus = parameterSet('narrow').plainModulus;

/** Factors split for exact products in doubles: |x| < 2^49 as xh·2^25 + xl, a < 2^32 as ah·2^16 + al. */
const X_SPLIT = 2 ** 25;
/** Terms of at most 2^25 · 2^16 whose sum, plus a residue below 2^50, a double (2^53) holds exactly. */
const EXACT_TERMS = 2 ** 11;

/**
 * Linear MACs of verified aggregation: slot l is ⟨a_l, x⟩ mod t, with a_l from a key that only participants hold, fresh per
 * sum id and the same for everybody, so that the slots of a sum are the MACs of the summed values. x is what stands
 * before the MAC slots: values and one-hot slots, as signed integers |x| < 2^49, fed in order.
 */
export class LinearMac {
  readonly #streams: UniformStream[];
  readonly #modulus: number;
  readonly #scratch: Float64Array;
  /** Per MAC: partial sums for ah·xh, ah·xl, al·xh, al·xl, each reduced mod t. */
  readonly #partial: Float64Array;

  constructor(
    macKey: Uint8Array,
    at: { rosterDigest: HexDigest; sumId: SumId; modulus: number; blockValues: number },
  ) {
    this.#modulus = at.modulus;
    this.#scratch = new Float64Array(at.blockValues);
    this.#partial = new Float64Array(4 * MAC_SLOTS);
    this.#streams = Array.from({ length: MAC_SLOTS }, (_, slot) => {
      const binding = bindingOf('mac', at.rosterDigest, at.sumId, [String(slot)]);
      const key = new Uint8Array(hkdfSync('sha256', macKey, new Uint8Array(0), binding, 32));
      return new UniformStream(key, coefficientModulus);
    });
  }

  /** Takes in the next values[0 .. count). */
  update(values: Float64Array, count: number): void {
    const small = allBelow(values, count, X_SPLIT);
    for (let slot = 0; slot < MAC_SLOTS; slot++) {
      this.#streams[slot]?.fill(this.#scratch, count);
      for (let from = 0; from < count; from += EXACT_TERMS) {
        const to = Math.min(count, from + EXACT_TERMS);
        if (small) this.#accumulateSmall(values, from, to, 4 * slot);
        else this.#accumulate(values, from, to, 4 * slot);
      }
    }
  }

  /** As #accumulate for |x| < 2^25, which need no split: the usual case of quantised updates, in half the time. */
  #accumulateSmall(values: Float64Array, from: number, to: number, at: number): void {
    const coefficients = this.#scratch;
    let hl = 0;
    let ll = 0;
    for (let i = from; i < to; i++) {
      const a = coefficients[i] as number;
      const low = a & 0xffff;
      const x = values[i] as number;
      hl += ((a - low) / 0x10000) * x;
      ll += low * x;
    }
    this.#partial[at + 1] = ((this.#partial[at + 1] as number) + hl) % this.#modulus;
    this.#partial[at + 3] = ((this.#partial[at + 3] as number) + ll) % this.#modulus;
  }

  #accumulate(values: Float64Array, from: number, to: number, at: number): void {
    const coefficients = this.#scratch;
    let hh = 0;
    let hl = 0;
    let lh = 0;
    let ll = 0;
    for (let i = from; i < to; i++) {
      const a = coefficients[i] as number;
      const low = a & 0xffff;
      const high = (a - low) / 0x10000;
      const x = values[i] as number;
      const xh = Math.floor(x / X_SPLIT);
      const xl = x - xh * X_SPLIT;
      hh += high * xh;
      hl += high * xl;
      lh += low * xh;
      ll += low * xl;
    }
    const partial = this.#partial;
    const t = this.#modulus;
    partial[at] = ((partial[at] as number) + hh) % t;
    partial[at + 1] = ((partial[at + 1] as number) + hl) % t;
    partial[at + 2] = ((partial[at + 2] as number) + lh) % t;
    partial[at + 3] = ((partial[at + 3] as number) + ll) % t;
  }

  /** The MACs of everything taken in, each in [0, t). */
  slots(): Float64Array {
    const t = BigInt(this.#modulus);
    const weights = [1n << 41n, 1n << 16n, 1n << 25n, 1n];
    return Float64Array.from({ length: MAC_SLOTS }, (_, slot) => {
      const sum = weights.reduce(
        (total, w, k) => total + w * BigInt(this.#partial[4 * slot + k] as number),
        0n,
      );
      return Number(((sum % t) + t) % t);
    });
  }
}

function allBelow(values: Float64Array, count: number, bound: number): boolean {
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    if (value >= bound || value <= -bound) return false;
  }
  return true;
}
