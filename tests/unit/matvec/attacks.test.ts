import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ParameterSet, productSet, unpack30 } from '../../../crypto/he/index.js';
import { FreshZeros } from '../../../crypto/matvec/cipher/index.js';
import { ProductEngine } from '../../../crypto/matvec/engine/index.js';
import {
  type Matrix,
  maskOffsets,
  type ProductKeys,
  ProductRoom,
  type ProductShape,
  productParameters,
  shapeBytes,
  unmaskWith,
} from '../../../crypto/matvec/index.js';
import { drawMasks } from '../../../crypto/matvec/masks.js';
import { masksAsWords } from '../../../crypto/matvec/residues.js';
import { answerOutputs } from '../../../crypto/matvec/wire-blocks.js';
import { centred, divide, modulo, phases, residuesOf, ternary } from './oracle.js';
import { keysOf } from './parties.js';

/**
 * The key holder against the function holder's matrix: it knows its secret key, its own randomness and the ciphertexts it sent,
 * and it sees the answer. Each step of the answer (PROTOCOLS §5) is left out once to show that it is what protects.
 */
const rows = 128;
const maxAbs = 2047;
const { shape } = productParameters({
  rows,
  matrix: { form: 'dense', columns: 1, maxAbs },
  maxAbsVector: 1,
  learner: 'key-holder',
});
const set: ParameterSet = productSet(shape.set);
const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
const half = set.degree * set.dataPrimes.length;

let room: ProductRoom;
let engine: ProductEngine;
let keys: ProductKeys;
let zeros: FreshZeros;
let secret: number[];

beforeAll(async () => {
  room = ProductRoom.open({ threads: 1 });
  engine = await ProductEngine.open({ degree: 4096, primes: set.dataPrimes.map(Number) }, { threads: 1 });
  keys = await keysOf(shape);
  zeros = new FreshZeros(shape.set, keys.publicKey);
  secret = ternary(keys.secretKey.reveal(), set.degree);
});
afterAll(async () => {
  await Promise.all([room.close(), engine.close()]);
});

const column = (values: ArrayLike<number>): Matrix => ({
  kind: 'dense',
  rows,
  columns: 1,
  values: Int16Array.from(values),
});
const randomColumn = () => Int16Array.from({ length: rows }, () => randomInt(-maxAbs, maxAbs + 1));

async function upload(vector: Int32Array) {
  return room.readVector(shape, 'a', room.encryptVector(shape, keys.secretKey, vector));
}

/** The engine's output: what B must never send as it is. */
async function bareOutput(blocks: readonly Uint32Array[], values: ArrayLike<number>): Promise<Uint32Array> {
  let output = new Uint32Array(0);
  await engine.multiply(
    blocks,
    { kind: 'dense', rows, columns: 1, stride: 1, values: Int16Array.from(values) },
    (_, words) => {
      output = words.slice();
    },
  );
  return output;
}

/** What A reads from an answer with one wanted coefficient. */
function seen(answer: Uint8Array): Uint32Array {
  const words = new Uint32Array(2 * half);
  const c0 = new Uint32Array(set.dataPrimes.length);
  unpack30(answer, 0, half, words, half);
  unpack30(answer, (half * 30) / 8, c0.length, c0, 0);
  c0.forEach((word, p) => {
    words[p * set.degree] = word;
  });
  return words;
}

/** X_i from P = Σ X_i x^(−i): the quotient of what came back and what was sent, modulo the first prime. */
function quotientColumn(back: Uint32Array, sent: Uint32Array): number[] {
  const prime = set.dataPrimes[0]!;
  const quotient = divide(residuesOf(set, back, 1)[0]!, residuesOf(set, sent, 1)[0]!, prime);
  const signed = centred(quotient, prime);
  return Array.from({ length: rows }, (_, row) => (row === 0 ? signed[0]! : 0 - signed[set.degree - row]!));
}

describe('c1 is linear in the matrix', () => {
  test('without re-randomisation the key holder divides and has the column, mask or not', async () => {
    const values = randomColumn();
    const read = await upload(new Int32Array(rows));
    const output = await bareOutput(read.blocks, values);
    expect(quotientColumn(output, read.blocks[0]!)).toEqual([...values]);
  });

  test('with it the quotient says nothing', async () => {
    const values = randomColumn();
    const read = await upload(new Int32Array(rows));
    const { message } = await room.multiply(read, column(values), keys.publicKey);
    const quotient = quotientColumn(seen(message), read.blocks[0]!);
    expect(quotient.filter((value, row) => value === values[row]).length).toBeLessThan(3);
    // Entries are spread over the whole prime, not over the range of a matrix.
    expect(quotient.filter((value) => Math.abs(value) > 2 ** 20).length).toBeGreaterThan(rows / 2);
  });
});

describe('noise is linear in the matrix', () => {
  const trials = 40;

  /**
   * A sends zeros, so that both of two known columns give the result 0, and guesses which one B took from how far the
   * opened phase is from each column's noise, which A computes from its own randomness.
   */
  async function guessedRight(
    answer: (output: Uint32Array) => { message: Uint8Array; known: bigint },
  ): Promise<number> {
    const candidates = [randomColumn(), randomColumn()];
    let right = 0;
    for (let trial = 0; trial < trials; trial++) {
      const choice = randomInt(2);
      const read = await upload(new Int32Array(rows));
      const { message, known } = answer(await bareOutput(read.blocks, candidates[choice]!));
      const noise = phases(set, read.blocks[0]!, secret, [...new Array(rows).keys()]).map(signed);
      const [phase] = phases(set, seen(message), secret, [0]);
      const distances = candidates.map((values) => {
        const predicted = noise.reduce((sum, e, row) => sum + e * BigInt(values[row]!), 0n);
        const distance = signed(modulo(phase! - known - predicted, q));
        return distance < 0n ? -distance : distance;
      });
      right += Number((distances[1]! < distances[0]! ? 1 : 0) === choice);
    }
    return right;
  }

  const signed = (phase: bigint) => (phase > q / 2n ? phase - q : phase);
  const masked = (output: Uint32Array, masks: Uint32Array) =>
    answerOutputs(zeros, [output], { wanted: shape.wanted, masks });

  // The noise of columns differs by some 2^16, that of a fresh zero is some 2^4: once in thousands of times they are as near.
  test('without the mask it tells columns apart, though the ciphertext was re-randomised', async () => {
    const unmasked = () => new Uint32Array(set.dataPrimes.length);
    const right = await guessedRight((output) => ({ message: masked(output, unmasked()), known: 0n }));
    expect(right).toBeGreaterThan(trials - 3);
  });

  // Fair coins: fewer than 4 or more than 36 of 40 have a chance of 2^-25.
  test('with the mask the guess is a coin, even for a key holder who learns the result', async () => {
    const t = BigInt(set.plainModulus);
    const right = await guessedRight((output) => {
      const masks = drawMasks(shape);
      const offsets = maskOffsets(shape, masks);
      const offset = offsets.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
      // What A can subtract knowing round(t·r/q): the nearest multiple of q/t.
      return { message: masked(output, masksAsWords(shape, masks)), known: (q * offset) / t };
    });
    expect(right).toBeGreaterThan(3);
    expect(right).toBeLessThan(37);
  });

  test('the mask leaves the result: offsets and opened residue differ by exactly the sum', async () => {
    const values = randomColumn();
    const ones = new Int32Array(rows).fill(1);
    const read = await upload(ones);
    const { message, masks } = await room.multiply(read, column(values), keys.publicKey);
    const opened = await room.open(shape, keys.secretKey, 'b', message);
    const sum = values.reduce((total, value) => total + value, 0);
    expect([...unmaskWith(shape, opened, 'b', maskOffsets(shape, masks))]).toEqual([sum]);
  });
});

describe('the key holder opens what the job wants and nothing else', () => {
  test('an answer that holds another coefficient is refused, before anything is decrypted', async () => {
    const two: ProductShape = { ...shape, stride: 2, wanted: [2] };
    const read = await room.readVector(
      two,
      'a',
      room.encryptVector(two, keys.secretKey, new Int32Array(rows)),
    );
    const matrix: Matrix = { kind: 'dense', rows, columns: 2, values: new Int16Array(2 * rows).fill(1) };
    const { message } = await room.multiply(read, matrix, keys.publicKey);
    await expect(room.open(shape, keys.secretKey, 'b', message)).rejects.toMatchObject({
      code: 'CIPHERTEXT_MALFORMED',
      parties: ['b'],
    });
  });

  test('an answer carries c1 and the wanted words of c0; what is opened has the wanted residues and no more', async () => {
    const read = await upload(new Int32Array(rows));
    const { message } = await room.multiply(read, column(randomColumn()), keys.publicKey);
    expect(message.length).toBe((half * 30) / 8 + 12);
    const opened = await room.open(shape, keys.secretKey, 'b', message);
    expect(opened.length).toBe(3);
    expect(shapeBytes(shape).opened).toBe(3);
  });

  test('the same product twice: other masks, another ciphertext', async () => {
    const values = randomColumn();
    const read = await upload(new Int32Array(rows));
    const [first, second] = [
      await room.multiply(read, column(values), keys.publicKey),
      await room.multiply(read, column(values), keys.publicKey),
    ];
    const words = [seen(first.message), seen(second.message)] as const;
    expect(words[0].filter((word, k) => k >= half && word === words[1][k]).length).toBeLessThan(5);
    expect(first.masks.reveal()).not.toEqual(second.masks.reveal());
  });
});
