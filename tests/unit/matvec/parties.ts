import type { Secret } from '../../../contract/index.js';
import {
  type Integers,
  type Matrix,
  makeProductKeys,
  maskOffsets,
  type ProductKeys,
  type ProductRoom,
  type ProductShape,
  unmask,
  unmaskWith,
} from '../../../crypto/matvec/index.js';

export async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

const rings = new Map<string, Promise<ProductKeys>>();

/** One key pair per ring for all tests of a file. */
export function keysOf(shape: ProductShape): Promise<ProductKeys> {
  const ring = shape.set.split('-')[0]!;
  const keys = rings.get(ring) ?? makeProductKeys(shape.set);
  rings.set(ring, keys);
  return keys;
}

/** Key holder a, function holder b, and whoever of them learns. */
export async function product(
  room: ProductRoom,
  shape: ProductShape,
  vector: Integers,
  matrix: Matrix,
  keys?: ProductKeys,
): Promise<Float64Array> {
  const { secretKey, publicKey } = keys ?? (await keysOf(shape));
  const upload = await bytesOf(room.encryptVector(shape, secretKey, vector));
  const read = await room.readToMultiply(shape, 'a', [upload]);
  const { message, masks } = await room.multiply(read, matrix, publicKey);
  return learn(room, shape, secretKey, message, masks);
}

export async function learn(
  room: ProductRoom,
  shape: ProductShape,
  secretKey: Secret,
  message: Uint8Array,
  masks: Secret,
): Promise<Float64Array> {
  const opened = await room.open(shape, secretKey, 'b', message);
  return shape.learner === 'function-holder'
    ? unmask(shape, masks, 'a', opened)
    : unmaskWith(shape, opened, 'b', maskOffsets(shape, masks));
}

/** What a product must be. */
export function plainProduct(vector: ArrayLike<number>, matrix: Matrix, wanted: readonly number[]): number[] {
  const sums: number[] = [];
  if (matrix.kind === 'dense') {
    for (let column = 0; column < matrix.columns; column++) {
      let sum = 0;
      for (let row = 0; row < matrix.rows; row++)
        sum += vector[row]! * matrix.values[column * matrix.rows + row]!;
      sums.push(sum);
    }
    return sums;
  }
  wanted.forEach((bins, column) => {
    const counts = new Array<number>(bins).fill(0);
    for (let row = 0; row < matrix.rows; row++) {
      const bin = matrix.bins[column * matrix.rows + row]!;
      if (bin !== 255) counts[bin]! += vector[row]!;
    }
    sums.push(...counts);
  });
  return sums;
}
