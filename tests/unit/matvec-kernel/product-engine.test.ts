import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CipherWords,
  type Columns,
  type DenseColumns,
  type HistogramColumns,
  outputCount,
  ProductEngine,
  type RingShape,
  rowsPerBlock,
} from '../../../crypto/matvec/engine/index.js';
import { differsAt, largestWords, plaintextOf, randomWords, sum } from './plain-products.js';
import { literals, type SealOracle, sealOracle } from './seal-oracle.js';

function dense(rows: number, columns: number, stride: number, cell: () => number): DenseColumns {
  const values = Int16Array.from({ length: rows * columns }, cell);
  return { kind: 'dense', values, rows, columns, stride };
}

function histogram(rows: number, columns: number, stride: number, bin: () => number): HistogramColumns {
  const bins = Uint8Array.from({ length: rows * columns }, bin);
  return { kind: 'histogram', bins, rows, columns, stride };
}

const anyValue = () => randomInt(2 ** 15 + 1) - 2 ** 14;
const blocksOf = (shape: RingShape, { rows, stride }: Columns, words: (shape: RingShape) => CipherWords) =>
  Array.from({ length: Math.ceil(rows / rowsPerBlock(shape, stride)) }, () => words(shape));

async function outputs(engine: ProductEngine, blocks: readonly CipherWords[], columns: Columns) {
  const results: CipherWords[] = [];
  await engine.multiply(blocks, columns, (output, words) => {
    expect(output).toBe(results.length);
    results.push(words);
  });
  return results;
}

describe.each(Object.entries(literals))('products against SEAL, %s ring', (_, literal) => {
  let seal: SealOracle;
  let one: ProductEngine;
  let three: ProductEngine;
  beforeAll(async () => {
    seal = await sealOracle(literal);
    one = await ProductEngine.open(seal.shape, { threads: 1 });
    three = await ProductEngine.open(seal.shape, { threads: 3 });
  });
  afterAll(() => Promise.all([one.close(), three.close()]));

  /** What SEAL's multiplyPlain and sums mod q give. */
  function expected(blocks: readonly CipherWords[], columns: Columns, output: number): CipherWords {
    const terms = blocks.flatMap((words, block) => {
      const plaintext = plaintextOf(seal.shape, columns, output, block);
      return plaintext.every((value) => value === 0) ? [] : [seal.product(words, plaintext)];
    });
    return terms.length === 0 ? new Uint32Array(blocks[0]!.length) : sum(seal.shape, terms);
  }

  // Large strides make many blocks of few rows: 18 of them go over one batch of 16.
  const { degree } = literal;
  const cases: [string, Columns, (shape: RingShape) => CipherWords][] = [
    ['dense, many blocks, last output narrow', dense(70, 5, degree / 4, anyValue), randomWords],
    ['dense, full blocks, stride 4', dense(degree / 2 + 13, 7, 4, anyValue), randomWords],
    ['dense, stride 3, which does not divide N', dense(300, 4, 3, anyValue), randomWords],
    ['dense, one row', dense(1, 2, 2, anyValue), randomWords],
    ['dense, everything at its largest', dense(66, 1, degree / 2, () => 2 ** 14), largestWords],
    ['dense, everything at its least', dense(degree, 1, 1, () => -(2 ** 14)), largestWords],
    ['histogram, many blocks', histogram(70, 2, degree / 4, () => randomInt(254)), randomWords],
    [
      'histogram, rows in no bin',
      histogram(500, 2, 32, () => [255, randomInt(32)][randomInt(2)]!),
      randomWords,
    ],
    ['histogram, all in bin 0', histogram(degree / 8 + 5, 1, 8, () => 0), largestWords],
    ['histogram, stride 10', histogram(Math.floor(degree / 7), 2, 10, () => randomInt(10)), randomWords],
  ];
  test.each(cases)('%s', async (__, columns, words) => {
    const blocks = blocksOf(seal.shape, columns, words);
    const results = await outputs(one, blocks, columns);
    expect(results.length).toBe(outputCount(columns));
    for (const [output, result] of results.entries()) {
      expect(differsAt(result, expected(blocks, columns, output))).toBe(-1);
    }
  });

  test('blocks and columns of zeros add nothing', async () => {
    const columns = dense(70, 3, degree / 4, () => 0);
    columns.values.set([1, -1], 5);
    const none = histogram(40, 2, degree / 2, () => 255);
    const blocks = blocksOf(seal.shape, columns, randomWords);
    const [first] = await outputs(one, blocks, columns);
    expect(differsAt(first!, expected(blocks, columns, 0))).toBe(-1);
    const nothing = await outputs(one, blocksOf(seal.shape, none, randomWords), none);
    expect(nothing.every((words) => words.every((word) => word === 0))).toBe(true);
  });

  test('a histogram is the dense product with its indicators', async () => {
    const [rows, stride] = [200, 16];
    const bins = histogram(rows, 2, stride, () => randomInt(stride));
    const indicators = dense(rows, 2 * stride, stride, () => 0);
    bins.bins.forEach((bin, k) => {
      indicators.values[(Math.floor(k / rows) * stride + bin) * rows + (k % rows)] = 1;
    });
    const blocks = blocksOf(seal.shape, bins, randomWords);
    const [left, right] = [await outputs(one, blocks, bins), await outputs(three, blocks, indicators)];
    expect(left.map((words, k) => differsAt(words, right[k]!))).toEqual([-1, -1]);
  });

  test('threads and shared memory change nothing', async () => {
    const columns = dense(90, 41, 2, anyValue);
    const shared = { ...columns, values: new Int16Array(new SharedArrayBuffer(columns.values.byteLength)) };
    shared.values.set(columns.values);
    // Blocks as views of one buffer, as a caller that reads a file has them.
    const blocks = blocksOf(seal.shape, columns, randomWords);
    const whole = new Uint32Array(blocks.reduce((length, words) => length + words.length, 7));
    const views = blocks.map((words, k) => whole.subarray(7 + k * words.length, 7 + (k + 1) * words.length));
    for (const [k, view] of views.entries()) view.set(blocks[k]!);
    const [left, right] = [await outputs(one, blocks, columns), await outputs(three, views, shared)];
    expect(left.length).toBe(21);
    expect(left.map((words, k) => differsAt(words, right[k]!))).toEqual(left.map(() => -1));
  });

  test('decrypted: exact sums of integers, dense and histogram', async () => {
    const [rows, stride] = [1500, 8];
    const vector = Array.from({ length: rows }, () => randomInt(2 ** 12) - 2 ** 11);
    const perBlock = rowsPerBlock(seal.shape, stride);
    const blocks = Array.from({ length: Math.ceil(rows / perBlock) }, (__, block) => {
      const coefficients = new Array<number>(degree).fill(0);
      vector.slice(block * perBlock, (block + 1) * perBlock).forEach((value, i) => {
        coefficients[i * stride] = value;
      });
      return seal.encrypt(coefficients);
    });
    const matrix = dense(rows, 11, stride, anyValue);
    const bins = histogram(rows, 3, stride, () => randomInt(stride));
    const dot = (cells: ArrayLike<number>, column: number, weight: (cell: number) => number) =>
      vector.reduce((total, value, row) => total + value * weight(cells[column * rows + row]!), 0);
    const columnsOf = (words: readonly CipherWords[]) =>
      words.flatMap((output) => seal.decrypt(output).slice(0, stride));
    expect(columnsOf(await outputs(three, blocks, matrix)).slice(0, 11)).toEqual(
      Array.from({ length: 11 }, (__, column) => dot(matrix.values, column, (cell) => cell)),
    );
    expect(columnsOf(await outputs(three, blocks, bins))).toEqual(
      Array.from({ length: 3 * stride }, (__, k) =>
        dot(bins.bins, Math.floor(k / stride), (bin) => (bin === k % stride ? 1 : 0)),
      ),
    );
  });
});
