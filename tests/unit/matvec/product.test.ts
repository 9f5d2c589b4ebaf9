import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { productSet } from '../../../crypto/he/index.js';
import {
  type EncryptedVector,
  type Matrix,
  ProductRoom,
  type ProductShape,
  productParameters,
  shapeBytes,
} from '../../../crypto/matvec/index.js';
import { chineseRemainder, phases, rounded, scaledNoise, ternary } from './oracle.js';
import { bytesOf, keysOf, learn, plainProduct, product } from './parties.js';

const room = ProductRoom.open({ threads: 2 });
afterAll(() => room.close());

const maxAbsVector = 2 ** 12 - 1;
const maxAbs = 2 ** 11 - 1;

function denseShape(rows: number, columns: number, stride?: number, passes = 0): ProductShape {
  const { shape } = productParameters({
    rows,
    matrix: { form: 'dense', columns, maxAbs },
    maxAbsVector,
    learner: 'function-holder',
    passes,
  });
  if (stride === undefined) return shape;
  const wanted = Array.from({ length: Math.ceil(columns / stride) }, (_, k) =>
    Math.min(stride, columns - k * stride),
  );
  return { ...shape, stride, wanted };
}

const dense = (rows: number, columns: number, value: (row: number, column: number) => number): Matrix => ({
  kind: 'dense',
  rows,
  columns,
  values: Int16Array.from({ length: rows * columns }, (_, k) => value(k % rows, Math.floor(k / rows))),
});

describe('dense products, learned by the function holder', () => {
  test('any rows, columns and stride: exactly the integer product', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1, 2, 3, 4, 7, 64),
        fc.integer(),
        async (rows, columns, stride, seed) => {
          const shape = denseShape(rows, columns, stride);
          const value = (k: number, bound: number) =>
            ((Math.imul(k + 1, seed | 1) >>> 7) % (2 * bound + 1)) - bound;
          const vector = Int32Array.from({ length: rows }, (_, row) => value(row, maxAbsVector));
          const matrix = dense(rows, columns, (row, column) => value(row * 31 + column, maxAbs));
          expect([...(await product(room, shape, vector, matrix))]).toEqual(plainProduct(vector, matrix, []));
        },
      ),
      { numRuns: 10 },
    );
  });

  test('400,000 rows, every entry at the end of its range', async () => {
    const rows = 400_000;
    const shape = denseShape(rows, 3);
    expect(shape.set).toBe('product-43');
    const vector = new Int32Array(rows).fill(maxAbsVector);
    const signs = [1, -1, 0];
    const matrix = dense(rows, 3, (_, column) => signs[column]! * maxAbs);
    const largest = rows * maxAbsVector * maxAbs;
    expect(2 * largest).toBeGreaterThan(productSet('product-40').plainModulus);
    expect([...(await product(room, shape, vector, matrix))]).toEqual([largest, -largest, 0]);
  });

  test.each([
    ['one row, one column', 1, 1, undefined],
    ['the last block has one row', 1025, 5, 4],
    ['the last output has one column', 40, 9, 4],
    ['a stride that does not divide N', 1400, 6, 3],
  ])('%s', async (_, rows, columns, stride) => {
    const shape = denseShape(rows, columns, stride);
    const vector = Int32Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? maxAbsVector : -row));
    const matrix = dense(rows, columns, (row, column) => ((row * 7 + column * 3) % 4095) - 2047);
    expect([...(await product(room, shape, vector, matrix))]).toEqual(plainProduct(vector, matrix, []));
  });

  test('all-zero columns and vectors: a product that SEAL would refuse as transparent', async () => {
    const shape = denseShape(100, 8, 4);
    const ones = Int32Array.from({ length: 100 }, () => 1);
    const half = dense(100, 8, (_, column) => (column < 4 ? 0 : 2));
    expect([...(await product(room, shape, ones, half))]).toEqual([0, 0, 0, 0, 200, 200, 200, 200]);
    expect([...(await product(room, shape, new Int32Array(100), half))]).toEqual(new Array(8).fill(0));
  });

  test('an engine, two products and an abort later, still right', async () => {
    const shape = denseShape(2000, 4, 2);
    const { secretKey, publicKey } = await keysOf(shape);
    const vector = new Int32Array(2000).fill(-3);
    const matrix = dense(2000, 4, (row) => row % 5);
    const read = await room.readVector(shape, 'a', room.encryptVector(shape, secretKey, vector));
    await expect(room.multiply(read, matrix, publicKey, AbortSignal.abort())).rejects.toThrowError();
    const { message, masks } = await room.multiply(read, matrix, publicKey);
    expect([...(await learn(room, shape, secretKey, message, masks))]).toEqual(
      plainProduct(vector, matrix, []),
    );
  });
});

test('histograms, learned by the key holder: per-bin sums, rows without a bin left out', async () => {
  const rows = 2500;
  const sizes = [1, 7, 16, 3];
  const { shape } = productParameters({
    rows,
    matrix: { form: 'histogram', bins: sizes },
    maxAbsVector: 127,
    learner: 'key-holder',
    wantedInJob: 100_000_000,
  });
  expect(shape.set).toMatch(/^counts/);
  const bins = Uint8Array.from({ length: rows * sizes.length }, (_, k) =>
    k % 11 === 0 ? 255 : (k * 13) % sizes[Math.floor(k / rows)]!,
  );
  const matrix: Matrix = { kind: 'histogram', rows, columns: sizes.length, bins };
  for (const vector of [
    Int32Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 127 : -127)),
    Int32Array.from({ length: rows }, (_, row) => row % 2),
  ]) {
    expect([...(await product(room, shape, vector, matrix))]).toEqual(plainProduct(vector, matrix, sizes));
  }
});

test('threads set up ahead, also for a key that is none: the same product, and callers keep their arrays', async () => {
  const rows = 3000;
  const shape = denseShape(rows, 3);
  const { secretKey, publicKey } = await keysOf(shape);
  const matrix = dense(rows, 3, (row, column) => ((row * 13 + column) % 100) - 50);
  const vector = Int32Array.from({ length: rows }, (_, row) => (row % 200) - 100);
  const ahead = ProductRoom.open({ threads: 2 });
  try {
    await ahead.prepare(shape.set, { publicKey: new Uint8Array(9) });
    await Promise.all([ahead.prepare(shape.set, { secretKey }), ahead.prepare(shape.set, { publicKey })]);
    for (let time = 0; time < 2; time++) {
      expect([...(await product(ahead, shape, vector, matrix))]).toEqual(plainProduct(vector, matrix, []));
    }
    const upload = await bytesOf(ahead.encryptVector(shape, secretKey, vector));
    const { message, masks } = await ahead.multiply(
      await ahead.readVector(shape, 'a', [upload]),
      matrix,
      publicKey,
    );
    const once = await ahead.open(shape, secretKey, 'b', message);
    expect(await ahead.open(shape, secretKey, 'b', message)).toEqual(once);
    expect(masks.reveal()).toHaveLength(shapeBytes(shape).masks);
    expect(upload).toHaveLength(shapeBytes(shape).vector);
  } finally {
    await ahead.close();
  }
});

test('a chain of three: masked terms cancel, re-randomised at each hop, exact at the end', async () => {
  const rows = 1500;
  const shape = denseShape(rows, 5, undefined, 2);
  const t = productSet(shape.set).plainModulus;
  const { secretKey, publicKey } = await keysOf(shape);
  const own = [0, 1, 2].map((party) =>
    Int32Array.from({ length: rows }, (_, row) => ((row * (party + 3)) % 2731) - 1365),
  );
  // Masks of the two that are not the key holder, uniform mod t, of opposite sign.
  const mask = Float64Array.from({ length: rows }, (_, row) => (row * 1_048_583 * 8191) % t);
  const masked = (party: number, sign: number) =>
    own[party]!.map(Number) && Float64Array.from(own[party]!, (v, row) => (v + sign * mask[row]!) % t);
  const first = await room.readVector(shape, 'a', room.encryptVector(shape, secretKey, own[0]!));
  first.addPlain(masked(1, 1));
  const second = await room.readPassedVector(shape, 'b1', room.passOn(first, publicKey));
  second.addPlain(masked(2, -1));
  const last = await room.readPassedVector(shape, 'b2', room.passOn(second, publicKey));
  const matrix = dense(rows, 5, (row, column) => ((row + column * 997) % 4095) - 2047);
  const { message, masks } = await room.multiply(last, matrix, publicKey);
  const sums = Int32Array.from({ length: rows }, (_, row) => own[0]![row]! + own[1]![row]! + own[2]![row]!);
  expect([...(await learn(room, shape, secretKey, message, masks))]).toEqual(plainProduct(sums, matrix, []));
  // Passed blocks have nothing in common with what came in.
  for (const [before, after] of [
    [first, second],
    [second, last],
  ] as const) {
    expect(sharedWords(before, after)).toBeLessThan(5);
  }
});

function sharedWords(before: EncryptedVector, after: EncryptedVector): number {
  return before.blocks.reduce(
    (sum, words, block) =>
      sum + words.reduce((same, word, k) => same + Number(word === after.blocks[block]![k]), 0),
    0,
  );
}

test('a block and an opened answer are what an independent BigInt implementation of BFV makes of them', async () => {
  const shape = denseShape(700, 6, 3);
  const set = productSet(shape.set);
  const { secretKey, publicKey } = await keysOf(shape);
  const secret = ternary(secretKey.reveal(), set.degree);
  const t = BigInt(set.plainModulus);
  const vector = Int32Array.from({ length: 700 }, (_, row) => (row % 2 === 0 ? row : -maxAbsVector));
  const read = await room.readVector(shape, 'a', room.encryptVector(shape, secretKey, vector));
  const rows = [0, 1, 2, 350, 699];
  phases(
    set,
    read.blocks[0]!,
    secret,
    rows.map((row) => row * 3),
  ).forEach((phase, k) => {
    expect(rounded(set, phase)).toBe((BigInt(vector[rows[k]!]!) + t) % t);
    const noise = scaledNoise(set, phase);
    expect((noise < 0n ? -noise : noise) <= 22n * t).toBe(true);
  });

  const matrix = dense(700, 6, (row, column) => (row * column) % 2048);
  const { message, masks } = await room.multiply(read, matrix, publicKey);
  const opened = await room.open(shape, secretKey, 'b', message);
  expect(opened.length).toBe(shapeBytes(shape).opened);
  const words = wordsOfAnswer(shape, message, 1);
  const kept = new Uint32Array(masks.reveal().slice().buffer);
  const expected = plainProduct(vector, matrix, []);
  phases(set, words, secret, [0, 1, 2]).forEach((phase, j) => {
    // The opened residue is the rounded phase, and phase − r decrypts to the sum.
    expect(openedAt(opened, 3 + j, opened.length / 6)).toBe(rounded(set, phase));
    const r = chineseRemainder(
      set.dataPrimes.map((_, p) => BigInt(kept[9 + 3 * p + j]!)),
      set.dataPrimes,
    );
    const q = set.dataPrimes.reduce((all, prime) => all * prime, 1n);
    const sum = rounded(set, (phase - r + q) % q);
    expect(sum).toBe((BigInt(expected[3 + j]!) + t) % t);
  });
});

function openedAt(opened: Uint8Array, k: number, width: number): bigint {
  return opened
    .subarray(k * width, (k + 1) * width)
    .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Reads one answer from the wire, bit by bit: c1 whole, then the wanted words of c0; the others are zero. */
function wordsOfAnswer(shape: ProductShape, message: Uint8Array, output: number): Uint32Array {
  const set = productSet(shape.set);
  const half = set.degree * set.dataPrimes.length;
  const c1Bytes = (half * 30) / 8;
  const c0Bytes = (count: number) => 4 * Math.ceil((count * set.dataPrimes.length * 30) / 32);
  const start = shape.wanted.slice(0, output).reduce((sum, count) => sum + c1Bytes + c0Bytes(count), 0);
  const word = (from: number, k: number) => {
    let value = 0;
    for (let bit = 29; bit >= 0; bit--) {
      const at = 30 * k + bit;
      value = 2 * value + ((message[from + (at >> 3)]! >> (at & 7)) & 1);
    }
    return value;
  };
  const words = new Uint32Array(2 * half);
  for (let k = 0; k < half; k++) words[half + k] = word(start, k);
  const wanted = shape.wanted[output]!;
  set.dataPrimes.forEach((_, p) => {
    for (let j = 0; j < wanted; j++) words[p * set.degree + j] = word(start + c1Bytes, p * wanted + j);
  });
  return words;
}

test('sizes on the wire are those of shapeBytes, in pieces that fit a stream', async () => {
  const shape = denseShape(9000, 30);
  const { secretKey, publicKey } = await keysOf(shape);
  const sizes = shapeBytes(shape);
  const pieces: Uint8Array[] = [];
  for await (const piece of room.encryptVector(shape, secretKey, new Int32Array(9000))) pieces.push(piece);
  expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(sizes.vector);
  expect(pieces.every((piece) => piece.length < 2 ** 21)).toBe(true);
  const read = await room.readVector(shape, 'a', pieces);
  expect((await bytesOf(room.passOn(read, publicKey))).length).toBe(sizes.passedVector);
  const { message, masks } = await room.multiply(
    read,
    dense(9000, 30, () => 1),
    publicKey,
  );
  expect([message.length, masks.reveal().length, publicKey.length]).toEqual([
    sizes.answer,
    sizes.masks,
    sizes.publicKey,
  ]);
});
