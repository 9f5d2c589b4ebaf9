import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Columns, ProductEngine, type RingShape } from '../../../crypto/matvec/engine/index.js';
import { randomWords } from './plain-products.js';

const shape: RingShape = { degree: 4096, primes: [1073651713] };
const refused = expect.objectContaining({ code: 'INTERNAL' });
const columns: Columns = {
  kind: 'dense',
  values: new Int16Array(400).fill(3),
  rows: 10,
  columns: 40,
  stride: 4,
};
const bins: Columns = { kind: 'histogram', bins: new Uint8Array(40), rows: 10, columns: 4, stride: 4 };
const blocks = [randomWords(shape)];
const ignore = () => {};

describe('product engine', () => {
  let engine: ProductEngine;
  let folder: string;
  beforeAll(async () => {
    engine = await ProductEngine.open(shape, { threads: 2 });
    folder = mkdtempSync(join(tmpdir(), 'fedrisk-engine-'));
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const workerThat = (name: string, code: string) => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, code);
    return path;
  };

  test('emits one output at a time', async () => {
    let busy = false;
    const seen: number[] = [];
    await engine.multiply(blocks, columns, async (output) => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy = false;
      seen.push(output);
    });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('products at the same time do not mix', async () => {
    const other = [randomWords(shape)];
    const collect = async (input: typeof blocks) => {
      const results: number[][] = [];
      await engine.multiply(input, columns, (_, words) => void results.push([...words.subarray(0, 16)]));
      return results;
    };
    const alone = [await collect(blocks), await collect(other)];
    expect(await Promise.all([collect(blocks), collect(other)])).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  const mistakes: [string, typeof blocks, Columns][] = [
    ['a block too many', [...blocks, ...blocks], columns],
    ['a short block', [new Uint32Array(64)], columns],
    ['cells missing', blocks, { ...columns, columns: 41 }],
    ['no rows', [], { ...columns, rows: 0, values: new Int16Array(0) }],
    ['no stride', blocks, { ...columns, stride: 0 }],
    ['a value above 2^14', blocks, { ...columns, values: new Int16Array(400).fill(16385) }],
    ['the value -2^15', blocks, { ...columns, values: new Int16Array(400).fill(-32768) }],
    ['a bin as large as the stride', blocks, { ...bins, bins: new Uint8Array(40).fill(4) }],
    ['bin 254', blocks, { ...bins, bins: new Uint8Array(40).fill(254) }],
  ];
  test.each(mistakes)('refuses %s, and works on', async (_, input, matrix) => {
    await expect(engine.multiply(input, matrix, ignore)).rejects.toEqual(refused);
    let count = 0;
    await engine.multiply(blocks, bins, () => void count++);
    expect(count).toBe(4);
  });

  test('what emit throws ends the product', async () => {
    const seen: number[] = [];
    const product = engine.multiply(blocks, columns, (output) => {
      seen.push(output);
      if (output === 1) throw new TypeError('full');
    });
    await expect(product).rejects.toThrow(TypeError);
    expect(seen).toEqual([0, 1]);
  });

  test('an aborted product ends, before, while transforming and between outputs', async () => {
    await expect(engine.multiply(blocks, columns, ignore, AbortSignal.abort())).rejects.toEqual(refused);
    const early = new AbortController();
    const product = engine.multiply(blocks, columns, ignore, early.signal);
    early.abort();
    await expect(product).rejects.toEqual(refused);
    const late = new AbortController();
    const seen: number[] = [];
    const emit = (output: number) => {
      seen.push(output);
      if (output === 2) late.abort();
    };
    await expect(engine.multiply(blocks, columns, emit, late.signal)).rejects.toEqual(refused);
    expect(seen).toEqual([0, 1, 2]);
    await engine.multiply(blocks, columns, ignore);
  });

  test('closing ends what is under way, and what comes later', async () => {
    const closing = await ProductEngine.open(shape, { threads: 1 });
    const product = closing.multiply(blocks, columns, ignore);
    await Promise.all([expect(product).rejects.toEqual(refused), closing.close()]);
    await expect(closing.multiply(blocks, columns, ignore)).rejects.toEqual(refused);
    await closing.close();
  });

  test('a thread that dies in a task fails the product', async () => {
    const code = `export default async (task) => {
      if (task.kind === 'multiply') process.exit(3);
      return { ok: true, value: [] };
    };`;
    const dying = await ProductEngine.open(shape, { threads: 2, workerFile: workerThat('dying', code) });
    await expect(dying.multiply(blocks, columns, ignore)).rejects.toEqual(refused);
    await dying.close();
  });

  test('threads that cannot start fail the opening', async () => {
    const workerFile = workerThat('broken', 'throw new Error("no start");');
    await expect(ProductEngine.open(shape, { threads: 2, workerFile })).rejects.toEqual(refused);
    const missing = ProductEngine.open(shape, { threads: 1, workerFile: join(folder, 'missing.mjs') });
    await expect(missing).rejects.toEqual(refused);
  });
});
