import {
  type ParameterSet,
  pack30,
  packed30Bytes,
  residuesBelow,
  SEED_BYTES,
  unpack30,
} from '../he/index.js';
import type { FreshZeros, ProductCipher, SeedExpander } from './cipher/index.js';
import type { CipherWords } from './kernel/index.js';
import { malformed } from './malformed.js';
import { packResidues } from './residues.js';
import { answerBytes, passedBlockBytes, polynomialWords, vectorBlockBytes } from './shape.js';
import type { TaskOf } from './tasks.js';

/** Blocks of a vector: row i of each at exponent i·stride. */
export function encryptBlocks(cipher: ProductCipher, task: TaskOf<'encrypt'>): Uint8Array {
  const { set } = cipher;
  const { values, stride, rowsPerBlock: perBlock } = task;
  const size = vectorBlockBytes(set);
  const bytes = new Uint8Array(Math.ceil(values.length / perBlock) * size);
  const c0 = new Uint32Array(polynomialWords(set));
  for (let row = 0, at = 0; row < values.length; row += perBlock, at += size) {
    const seed = cipher.encrypt(values, row, Math.min(perBlock, values.length - row), stride, c0);
    bytes.set(seed, at);
    pack30(c0, 0, c0.length, bytes, at + SEED_BYTES);
  }
  return bytes;
}

/** Words of each seeded block, until the next one. @throws {CodedError} CIPHERTEXT_MALFORMED: the bytes are attacker-controlled. */
export function* readBlocks(expander: SeedExpander, bytes: Uint8Array): Generator<CipherWords> {
  const { set } = expander;
  const length = polynomialWords(set);
  const size = vectorBlockBytes(set);
  const words = new Uint32Array(2 * length);
  for (let at = 0; at < bytes.length; at += size) {
    readPolynomial(set, bytes, at + SEED_BYTES, set.degree, words, 0);
    expander.expand(bytes.subarray(at, at + SEED_BYTES), words, length);
    yield words;
  }
}

/** Words of passed blocks. @throws {CodedError} CIPHERTEXT_MALFORMED: the bytes are attacker-controlled. */
export function readPassedBlocks(set: ParameterSet, bytes: Uint8Array): Uint32Array {
  const length = polynomialWords(set);
  const half = packed30Bytes(length);
  const words = new Uint32Array(length * (bytes.length / half));
  for (let at = 0, to = 0; at < bytes.length; at += half, to += length) {
    readPolynomial(set, bytes, at, set.degree, words, to);
  }
  return words;
}

/** Re-randomises blocks for a third party. */
export function passBlocks(zeros: FreshZeros, words: Uint32Array): Uint8Array {
  const { set } = zeros;
  const length = 2 * polynomialWords(set);
  const size = passedBlockBytes(set);
  const bytes = new Uint8Array(size * (words.length / length));
  for (let from = 0, at = 0; from < words.length; from += length, at += size) {
    const block = words.subarray(from, from + length);
    zeros.addTo(block);
    pack30(block, 0, length / 2, bytes, at);
    pack30(block, length / 2, length / 2, bytes, at + size / 2);
  }
  return bytes;
}

/** Outputs as they leave: a fresh zero added, wanted coefficients of c0 masked, all others left out. Wipes the masks. */
export function answerOutputs(
  zeros: FreshZeros,
  outputs: readonly CipherWords[],
  { wanted, masks }: { readonly wanted: readonly number[]; readonly masks: Uint32Array },
): Uint8Array {
  const { set } = zeros;
  const length = polynomialWords(set);
  const half = packed30Bytes(length);
  const bytes = new Uint8Array(wanted.reduce((sum, count) => sum + answerBytes(set, count), 0));
  let at = 0;
  let maskAt = 0;
  wanted.forEach((count, output) => {
    const block = outputs[output]!;
    zeros.addTo(block);
    // In the place of the mask, which is of no use any more.
    const residues = masks.subarray(maskAt, maskAt + count * set.dataPrimes.length);
    set.dataPrimes.forEach((prime, p) => {
      for (let j = 0; j < count; j++) {
        const sum = (residues[p * count + j] as number) + (block[p * set.degree + j] as number);
        residues[p * count + j] = sum % Number(prime);
      }
    });
    pack30(block, length, length, bytes, at);
    pack30(residues, 0, residues.length, bytes, at + half);
    at += answerBytes(set, count);
    maskAt += residues.length;
  });
  return bytes;
}

/**
 * Opens exactly the wanted coefficients of answers, as packed residues mod t.
 * @throws {CodedError} CIPHERTEXT_MALFORMED: the bytes are attacker-controlled.
 */
export function openAnswers(
  cipher: ProductCipher,
  { bytes, wanted }: Pick<TaskOf<'open'>, 'bytes' | 'wanted'>,
): Uint8Array {
  const { set } = cipher;
  const length = polynomialWords(set);
  const half = packed30Bytes(length);
  const words = new Uint32Array(2 * length);
  const opened = new Float64Array(wanted.reduce((sum, count) => sum + count, 0));
  let at = 0;
  let openedAt = 0;
  for (const count of wanted) {
    readPolynomial(set, bytes, at, set.degree, words, length);
    readPolynomial(set, bytes, at + half, count, words, 0);
    cipher.decrypt(words, count, opened, openedAt);
    at += answerBytes(set, count);
    openedAt += count;
  }
  return packResidues(set, opened);
}

/** Reads the first `count` coefficients of a polynomial to words[to ..); the others become zero. */
function readPolynomial(
  set: ParameterSet,
  bytes: Uint8Array,
  at: number,
  count: number,
  words: Uint32Array,
  to: number,
): void {
  const { degree, dataPrimes } = set;
  const whole = count === degree;
  const residues = whole ? words : new Uint32Array(count * dataPrimes.length);
  const from = whole ? to : 0;
  let canonical = unpack30(bytes, at, count * dataPrimes.length, residues, from);
  dataPrimes.forEach((prime, p) => {
    canonical &&= residuesBelow(residues, from + p * count, count, Number(prime));
  });
  if (!canonical) throw malformed('a coefficient is not below its modulus');
  if (whole) return;
  words.fill(0, to, to + polynomialWords(set));
  dataPrimes.forEach((_, p) => {
    words.set(residues.subarray(p * count, (p + 1) * count), to + p * degree);
  });
}
