import type { ParameterSet } from './parameter-set.js';

/**
 * SEAL 4.1's uncompressed serialised form (native/src/seal/{serialization,ciphertext,plaintext,dynarray}.h),
 * all little-endian, as far as this room reads and writes it:
 *   header      magic a15e, header size 10, version 4.1, compression 0, reserved, u64 total size      16 bytes
 *   ciphertext  header, parms id 32, ntt flag 1, u64 size, degree, primes, f64 scale, u64 correction, array(s)
 *   plaintext   header, parms id 32 (zero: coefficient form), u64 coefficients, f64 scale, array
 *   secret key  a plaintext under the key parms id
 *   public key  a ciphertext under the key parms id, over all primes, ntt flag 1
 *   array       header, u64 words, words
 *   seed        header, generator 1 (Blake2xb), 64 bytes; stands for the second polynomial of a ciphertext
 * A layout is a scratch form written once; callers fill in `words` and `seed` and hand `bytes` to SEAL.
 */
export interface Layout {
  /** The whole serialised form. */
  readonly bytes: Uint8Array;
  /** Its coefficient words as (low, high) halves; a view into `bytes`. */
  readonly words: Uint32Array;
  /** Its seed; a view into `bytes`, empty when the form has none. */
  readonly seed: Uint8Array;
}

export const SEED_BYTES = 64;
const HEADER_BYTES = 16;
const ARRAY_OFFSET = HEADER_BYTES + 8;
const SEED_INFO_BYTES = HEADER_BYTES + 1 + SEED_BYTES;
const CIPHERTEXT_PREFIX = HEADER_BYTES + 32 + 1 + 5 * 8;
const PLAINTEXT_PREFIX = HEADER_BYTES + 32 + 8 + 8;

/** Byte offset of the coefficient words in a serialised ciphertext or plaintext. */
export const ciphertextWordsAt = CIPHERTEXT_PREFIX + ARRAY_OFFSET;
export const plaintextWordsAt = PLAINTEXT_PREFIX + ARRAY_OFFSET;

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number, wordsAt: number) {
    // SEAL's words stand at an odd offset; the leading gap puts them on a 4-byte boundary of the buffer.
    const gap = (8 - (wordsAt % 8)) % 8;
    this.bytes = new Uint8Array(new ArrayBuffer(gap + size), gap, size);
    this.#view = new DataView(this.bytes.buffer, gap, size);
  }

  header(size: number): void {
    this.bytes.set([0x5e, 0xa1, HEADER_BYTES, 4, 1, 0, 0, 0], this.#at);
    this.#at += 8;
    this.u64(size);
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
  }

  one(): void {
    this.#view.setFloat64(this.#at, 1, true);
    this.#at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** An array of words; returns the view of its words. */
  array(words: number): Uint32Array {
    this.header(ARRAY_OFFSET + 8 * words);
    this.u64(words);
    const view = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset + this.#at, 2 * words);
    this.#at += 8 * words;
    return view;
  }

  get at(): number {
    return this.#at;
  }
}

interface CiphertextForm {
  readonly degree: number;
  readonly primes: number;
  readonly ntt: boolean;
  readonly parmsId: Uint8Array;
}

function ciphertextPrefix(writer: Writer, form: CiphertextForm, size: number): void {
  writer.header(size);
  writer.raw(form.parmsId);
  writer.raw(Uint8Array.of(form.ntt ? 1 : 0));
  writer.u64(2);
  writer.u64(form.degree);
  writer.u64(form.primes);
  writer.one();
  writer.u64(1);
}

/** A two-polynomial ciphertext: words = c0 then c1, each one run of N words per prime. */
export function ciphertextLayout(set: ParameterSet, parmsId: Uint8Array): Layout {
  const words = 2 * set.degree * set.dataPrimes.length;
  const size = ciphertextWordsAt + 8 * words;
  const writer = new Writer(size, ciphertextWordsAt);
  const form = { degree: set.degree, primes: set.dataPrimes.length, ntt: false, parmsId };
  ciphertextPrefix(writer, form, size);
  return { bytes: writer.bytes, words: writer.array(words), seed: new Uint8Array(0) };
}

/** A symmetric ciphertext whose c1 is expanded from a seed: words = c0. */
export function seededLayout(set: ParameterSet, parmsId: Uint8Array): Layout {
  return seeded({ degree: set.degree, primes: set.dataPrimes.length, ntt: false, parmsId });
}

/** A public key whose second polynomial is expanded from a seed: words = the first, over all primes, in NTT form. */
export function publicKeyLayout(set: ParameterSet, keyParmsId: Uint8Array): Layout {
  return seeded({ degree: set.degree, primes: set.primes.length, ntt: true, parmsId: keyParmsId });
}

function seeded(form: CiphertextForm): Layout {
  const words = form.degree * form.primes;
  const size = ciphertextWordsAt + 8 * words + SEED_INFO_BYTES;
  const writer = new Writer(size, ciphertextWordsAt);
  ciphertextPrefix(writer, form, size);
  const view = writer.array(words);
  writer.header(SEED_INFO_BYTES);
  writer.raw(Uint8Array.of(1));
  return { bytes: writer.bytes, words: view, seed: writer.bytes.subarray(writer.at) };
}

/** A plaintext (parms id of zeros) or a secret key (the key parms id and a run of N words for every prime). */
export function plaintextLayout(words: number, parmsId: Uint8Array): Layout {
  const size = plaintextWordsAt + 8 * words;
  const writer = new Writer(size, plaintextWordsAt);
  writer.header(size);
  writer.raw(parmsId);
  writer.u64(words);
  writer.one();
  return { bytes: writer.bytes, words: writer.array(words), seed: new Uint8Array(0) };
}

/** Copies words at `offset` of something SEAL serialised into `words`, as (low, high) halves. */
export function readWords(saved: Uint8Array, offset: number, words: Uint32Array): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  bytes.set(saved.subarray(offset, offset + words.byteLength));
}

/** The low halves of 64-bit words at `offset` of something SEAL serialised; exact for residues below 2^32. */
export function readLowWords(
  saved: Uint8Array,
  offset: number,
  words: Uint32Array,
  from: number,
  count: number,
): void {
  const view = new DataView(saved.buffer, saved.byteOffset + offset, 8 * count);
  for (let k = 0; k < count; k++) words[from + k] = view.getUint32(8 * k, true);
}

/** Writes 32-bit words into the low halves of a layout's words; the high halves are zero from the start. */
export function writeLowWords(
  words: Uint32Array,
  from: number,
  count: number,
  layout: Uint32Array,
  at = 0,
): void {
  for (let k = 0; k < count; k++) layout[2 * (at + k)] = words[from + k] as number;
}
