import { type Cipher, createCipheriv } from 'node:crypto';

/** Key stream drawn per call: big enough that the call costs nothing, small enough to stay in L1. */
const BUFFER_BYTES = 16 * 1024;
const zeros = new Uint8Array(BUFFER_BYTES);
const zeroIv = new Uint8Array(16);

/**
 * An endless stream of integers uniform in [0, modulus), from AES-256-CTR (zero counter: a key serves one
 * stream only) by rejection: moduli up to 2^32 take one little-endian 32-bit word per try, larger ones two
 * with the surplus high bits dropped. Deterministic given the key; where blocks are cut does not matter.
 */
export class UniformStream {
  readonly #cipher: Cipher;
  readonly #modulus: number;
  readonly #highMask: number;
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;

  /** `key`: 32 bytes. `modulus`: an integer in (2^31, 2^53); smaller ones would reject most words. */
  constructor(key: Uint8Array, modulus: number) {
    this.#cipher = createCipheriv('aes-256-ctr', key, zeroIv);
    this.#modulus = modulus;
    this.#highMask = modulus > 2 ** 32 ? 2 ** Math.ceil(Math.log2(modulus) - 32) - 1 : 0;
  }

  #refill(): Uint32Array {
    const bytes = this.#cipher.update(zeros);
    // A Buffer may start anywhere in its ArrayBuffer; words need a multiple of 4.
    this.#words =
      bytes.byteOffset % 4 === 0
        ? new Uint32Array(bytes.buffer, bytes.byteOffset, BUFFER_BYTES / 4)
        : new Uint32Array(Uint8Array.from(bytes).buffer);
    this.#at = 0;
    return this.#words;
  }

  /** Writes the next `count` integers to target[0 .. count). */
  fill(target: Float64Array, count: number): void {
    const modulus = this.#modulus;
    const highMask = this.#highMask;
    const step = highMask === 0 ? 1 : 2;
    let words = this.#words;
    let at = this.#at;
    for (let i = 0; i < count; ) {
      if (at === words.length) {
        words = this.#refill();
        at = 0;
      }
      let value = words[at] as number;
      if (step === 2) value += ((words[at + 1] as number) & highMask) * 2 ** 32;
      at += step;
      if (value < modulus) target[i++] = value;
    }
    this.#at = at;
  }
}

/**
 * target = target mod modulus, element by element, for target in [0, 2^53). One division-free pass for several additions:
 * reducing after each costs a branch that random residues mispredict half the time, 5 ns per value and stream.
 */
export function reduceModulo(target: Float64Array, count: number, modulus: number): void {
  const inverse = 1 / modulus;
  for (let i = 0; i < count; i++) {
    const value = target[i] as number;
    let rest = value - Math.floor(value * inverse) * modulus;
    if (rest < 0) rest += modulus;
    else if (rest >= modulus) rest -= modulus;
    target[i] = rest;
  }
}
