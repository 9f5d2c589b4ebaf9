import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../contract/index.js';
import {
  makePublicKey,
  pack30,
  packed30Bytes,
  productSet,
  publicKeyBytes,
  unpack30,
} from '../../../crypto/he/index.js';
import {
  checkPublicKey,
  type Matrix,
  maskOffsets,
  type ProductKeys,
  ProductRoom,
  partOf,
  productParameters,
  shapeBytes,
  unmask,
  unmaskWith,
} from '../../../crypto/matvec/index.js';
import { drawMasks } from '../../../crypto/matvec/masks.js';
import { chineseRemainder, rounded } from './oracle.js';
import { bytesOf, keysOf } from './parties.js';

const rows = 1100;
const { shape } = productParameters({
  rows,
  matrix: { form: 'dense', columns: 5, maxAbs: 100 },
  maxAbsVector: 100,
  learner: 'function-holder',
  passes: 1,
});
const set = productSet(shape.set);
const matrix: Matrix = { kind: 'dense', rows, columns: 5, values: new Int16Array(5 * rows).fill(3) };
const malformed = (from: string) =>
  expect.objectContaining({ code: 'CIPHERTEXT_MALFORMED', parties: [from] });

let room: ProductRoom;
let keys: ProductKeys;
let vector: Uint8Array;
let passed: Uint8Array;
let answer: Uint8Array;
let masks: Secret;
let opened: Uint8Array;

beforeAll(async () => {
  room = ProductRoom.open({ threads: 1 });
  keys = await keysOf(shape);
  vector = await bytesOf(room.encryptVector(shape, keys.secretKey, new Int32Array(rows).fill(7)));
  const read = await room.readVector(shape, 'a', [vector]);
  passed = await bytesOf(room.passOn(read, keys.publicKey));
  ({ message: answer, masks } = await room.multiply(read, matrix, keys.publicKey));
  opened = await room.open(shape, keys.secretKey, 'b', answer);
});
afterAll(() => room.close());

/** Truncated, extended, and with every residue at its largest 30-bit value. */
function broken(bytes: Uint8Array, headerBytes = 0): [string, Uint8Array][] {
  const full = bytes.slice();
  full.fill(0xff, headerBytes);
  return [
    ['nothing', new Uint8Array(0)],
    ['a byte short', bytes.subarray(0, -1)],
    ['a byte long', new Uint8Array([...bytes, 0])],
    ['twice', new Uint8Array([...bytes, ...bytes])],
    ['residues beyond their prime', full],
  ];
}

/** One residue set to its prime, the least value that is too large. */
function withPrimeAt(
  bytes: Uint8Array,
  offset: number,
  count: number,
  index: number,
  prime: bigint,
): Uint8Array {
  const copy = bytes.slice();
  const words = new Uint32Array(count);
  unpack30(copy, offset, count, words, 0);
  words[index] = Number(prime);
  pack30(words, 0, count, copy, offset);
  return copy;
}

describe('foreign bytes', () => {
  test.each(['readVector', 'readToMultiply'] as const)(
    'a vector of another size or with large residues: its sender is named by %s',
    async (read) => {
      for (const [, bytes] of broken(vector, 64)) {
        await expect(room[read](shape, 'bank', [bytes])).rejects.toThrowError(malformed('bank'));
      }
      const words = 3 * set.degree;
      for (const [p, prime] of set.dataPrimes.entries()) {
        const least = withPrimeAt(vector, 64, words, (p + 1) * set.degree - 1, prime);
        await expect(room[read](shape, 'bank', [least])).rejects.toThrowError(malformed('bank'));
        const most = withPrimeAt(vector, 64, words, (p + 1) * set.degree - 1, prime - 1n);
        await expect(room[read](shape, 'bank', [most])).resolves.toBeDefined();
      }
    },
  );

  test('a passed vector', async () => {
    for (const [, bytes] of broken(passed)) {
      await expect(room.readPassedVector(shape, 'p1', [bytes])).rejects.toThrowError(malformed('p1'));
    }
    await expect(room.readVector(shape, 'p1', [passed])).rejects.toThrowError(malformed('p1'));
    await expect(room.readPassedVector(shape, 'p1', [vector])).rejects.toThrowError(malformed('p1'));
  });

  test('an answer, its padding bits included', async () => {
    const padded = answer.slice();
    padded[padded.length - 1]! |= 0x80;
    for (const bytes of [...broken(answer).map(([, bytes]) => bytes), padded]) {
      await expect(room.open(shape, keys.secretKey, 'b', bytes)).rejects.toThrowError(malformed('b'));
    }
  });

  test('opened residues and offsets', () => {
    for (const [, bytes] of broken(opened)) {
      expect(() => unmask(shape, masks, 'a', bytes)).toThrowError(malformed('a'));
      expect(() => unmaskWith(shape, opened, 'b', bytes)).toThrowError(malformed('b'));
    }
    expect([...unmask(shape, masks, 'a', opened)]).toEqual(new Array(5).fill(7 * 3 * rows));
  });

  test('an opening of something else is out of range and refused, not taken for a gradient', async () => {
    const other = await room.multiply(await room.readVector(shape, 'a', [vector]), matrix, keys.publicKey);
    expect(() => unmask(shape, other.masks, 'a', opened)).toThrowError(malformed('a'));
  });

  test('pieces of any size make the same vector; a source that ends early or late is refused', async () => {
    const whole = await room.readVector(shape, 'a', [vector]);
    const transformed = await room.readToMultiply(shape, 'a', [vector]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: vector.length }), { maxLength: 6 }),
        async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), vector.length];
          const pieces = at.slice(1).map((end, k) => vector.subarray(at[k], end));
          const read = await room.readVector(shape, 'a', pieces);
          expect(read.blocks).toEqual(whole.blocks);
          const { pairs } = (await room.readToMultiply(shape, 'a', pieces)).blocks;
          expect(Buffer.compare(Buffer.from(pairs), Buffer.from(transformed.blocks.pairs))).toBe(0);
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('public keys', () => {
  test('of another ring, another length, or with large residues', async () => {
    checkPublicKey(shape.set, keys.publicKey);
    expect(keys.publicKey.length).toBe(publicKeyBytes(shape.set));
    const full = keys.publicKey.slice().fill(0xff, 64);
    const words = 4 * set.degree;
    const bad = [
      new Uint8Array(0),
      keys.publicKey.subarray(1),
      full,
      withPrimeAt(keys.publicKey, 64, words, words - 1, set.primes[3]!),
    ];
    for (const bytes of bad) {
      expect(() => checkPublicKey(shape.set, bytes)).toThrowError(
        expect.objectContaining({ code: 'CIPHERTEXT_MALFORMED' }),
      );
    }
    expect(() => checkPublicKey('counts-32', keys.publicKey)).toThrowError(
      expect.objectContaining({ code: 'CIPHERTEXT_MALFORMED' }),
    );
  });

  test('one key pair serves every plain modulus of its ring', async () => {
    const other = productParameters({
      rows: 10,
      matrix: { form: 'dense', columns: 1, maxAbs: 2 ** 14 },
      maxAbsVector: 2 ** 26,
      learner: 'function-holder',
    }).shape;
    expect(other.set).not.toBe(shape.set);
    expect(other.set).toMatch(/^product-/);
    const upload = room.encryptVector(other, keys.secretKey, new Int32Array(10).fill(2 ** 26));
    const read = await room.readVector(other, 'a', upload);
    const ends: Matrix = { kind: 'dense', rows: 10, columns: 1, values: new Int16Array(10).fill(-(2 ** 14)) };
    const { message, masks: kept } = await room.multiply(read, ends, keys.publicKey);
    const residues = await room.open(other, keys.secretKey, 'b', message);
    expect([...unmask(other, kept, 'a', residues)]).toEqual([-10 * 2 ** 40]);
  });

  test('a secret key makes another public key each time', async () => {
    const again = await makePublicKey(shape.set, keys.secretKey.reveal());
    expect(again.subarray(0, 64)).not.toEqual(keys.publicKey.subarray(0, 64));
  });
});

describe('own input', () => {
  test.each<[string, Int32Array | Float64Array]>([
    ['a row short', new Int32Array(rows - 1)],
    ['not integers', new Float64Array(rows).fill(0.5)],
    ['not numbers', new Float64Array(rows).fill(Number.NaN)],
    ['not below t', new Float64Array(rows).fill(set.plainModulus)],
  ])('a vector: %s', async (_, values) => {
    const refused = { code: 'PRODUCT_RANGE' };
    await expect(bytesOf(room.encryptVector(shape, keys.secretKey, values))).rejects.toMatchObject(refused);
    const read = await room.readVector(shape, 'a', [vector]);
    expect(() => read.addPlain(values)).toThrowError(expect.objectContaining(refused));
  });

  test('a matrix beyond the bounds the parameters were proved for', async () => {
    const read = await room.readVector(shape, 'a', [vector]);
    const large = new Int16Array(5 * rows);
    large[5 * rows - 1] = -101;
    const bad: Matrix[] = [
      { ...matrix, values: large } as Matrix,
      { ...matrix, columns: 4 } as Matrix,
      { ...matrix, rows: rows - 1 } as Matrix,
      { kind: 'histogram', rows, columns: 1, bins: new Uint8Array(rows) },
    ];
    for (const of of bad) {
      await expect(room.multiply(read, of, keys.publicKey)).rejects.toMatchObject({ code: 'PRODUCT_RANGE' });
    }
  });

  test('a bin that the feature does not have', async () => {
    const histogram = productParameters({
      rows: 9,
      matrix: { form: 'histogram', bins: [3, 2] },
      maxAbsVector: 1,
      learner: 'key-holder',
    }).shape;
    const held = await keysOf(histogram);
    const read = await room.readVector(
      histogram,
      'a',
      room.encryptVector(histogram, held.secretKey, new Int32Array(9)),
    );
    const bins = new Uint8Array(18).fill(2);
    await expect(
      room.multiply(read, { kind: 'histogram', rows: 9, columns: 2, bins }, held.publicKey),
    ).rejects.toMatchObject({ code: 'PRODUCT_RANGE' });
  });

  test('a part of a product: its own columns, no coefficient that is no sum, no more than the whole', async () => {
    const several = { ...shape, stride: 3, wanted: [3, 3, 3] };
    const part = partOf(several, [3, 1]);
    const read = await room.readVector(
      part,
      'a',
      room.encryptVector(several, keys.secretKey, new Int32Array(rows).fill(1)),
    );
    const four: Matrix = { kind: 'dense', rows, columns: 4, values: new Int16Array(4 * rows).fill(2) };
    const { message, masks: kept } = await room.multiply(read, four, keys.publicKey);
    const residues = await room.open(part, keys.secretKey, 'b', message);
    expect([...unmask(part, kept, 'a', residues)]).toEqual(new Array(4).fill(2 * rows));
    for (const wanted of [[], [0], [4], [1.5], [3, 3, 3, 1]]) {
      expect(() => partOf(several, wanted)).toThrowError(expect.objectContaining({ code: 'PRODUCT_RANGE' }));
    }
    await expect(room.open({ ...several, wanted: [4] }, keys.secretKey, 'b', message)).rejects.toMatchObject({
      code: 'PRODUCT_RANGE',
    });
  });

  test('masks of another product', () => {
    expect(() => unmask(shape, new Secret(new Uint8Array(8)), 'a', opened)).toThrowError(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});

describe('masks', () => {
  test('offsets are round(t·r/q) mod t of residues spread over each prime', () => {
    const wide = { ...shape, stride: 64, wanted: new Array(40).fill(64) };
    const drawn = drawMasks(wide);
    const words = new Uint32Array(drawn.reveal().slice().buffer);
    const offsets = maskOffsets(wide, drawn);
    const width = shapeBytes(shape).opened / 5;
    set.dataPrimes.forEach((prime, p) => {
      const residues = Array.from({ length: 40 }, (_, output) =>
        words.subarray((output * 3 + p) * 64, (output * 3 + p + 1) * 64),
      ).flatMap((part) => [...part]);
      expect(Math.max(...residues)).toBeLessThan(Number(prime));
      // 2,560 draws: each tenth of the prime is hit, all but with chance 10 · 0.9^2560.
      expect(new Set(residues.map((residue) => Math.floor((10 * residue) / Number(prime)))).size).toBe(10);
    });
    for (let k = 0; k < 2560; k += 97) {
      const [output, j] = [Math.floor(k / 64), k % 64];
      const r = chineseRemainder(
        set.dataPrimes.map((_, p) => BigInt(words[(output * 3 + p) * 64 + j]!)),
        set.dataPrimes,
      );
      const offset = offsets
        .subarray(k * width, (k + 1) * width)
        .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
      expect(offset).toBe(rounded(set, r));
    }
  });
});

test('30-bit packing: any words come back, and one value has one form', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 30 - 1 }), { minLength: 1, maxLength: 70 }),
      (values) => {
        const bytes = new Uint8Array(packed30Bytes(values.length) + 3);
        pack30(Uint32Array.from(values), 0, values.length, bytes, 3);
        // The same bit stream, written bit by bit.
        const stream = values.reduceRight((all, value) => (all << 30n) | BigInt(value), 0n);
        expect(bytes.subarray(3).reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n)).toBe(stream);
        const back = new Uint32Array(values.length);
        expect(unpack30(bytes, 3, values.length, back, 0)).toBe(true);
        expect([...back]).toEqual(values);
        const bits = 30 * values.length;
        if (bits % 32 !== 0) {
          bytes[3 + (bits >> 3)]! |= 1 << (bits & 7);
          expect(unpack30(bytes, 3, values.length, back, 0)).toBe(false);
        }
      },
    ),
  );
});
