import { describe, expect, test } from 'vitest';
import { addContributions, sumBytes, uploadBytes } from '../../../crypto/secure-sum/adder.js';
import { contribute, maxAbsFor } from '../../../crypto/secure-sum/index.js';
import { codedAsync } from '../../support/coded.js';
import { collect, Parties, rosterDigest, sumId, vectorsOf } from './parties.js';

const VALUES = 30;

describe('what a participant refuses to contribute', () => {
  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['−infinity', Number.NEGATIVE_INFINITY],
    ['a fraction', 0.5],
    ['a value above the bound', maxAbsFor('narrow', 3) + 1],
    ['a value below the bound', -maxAbsFor('narrow', 3) - 1],
  ])('%s', async (_, value) => {
    const parties = await Parties.of(3, 'narrow');
    const values = new Float64Array(VALUES);
    values[VALUES - 1] = value;
    expect(await codedAsync(parties.upload('bank-a', values))).toBe('VALUE_OUT_OF_RANGE');
  });

  test('a bound that does not fit the set, an empty vector, a place outside the roster', async () => {
    const parties = await Parties.of(3, 'narrow');
    const input = {
      parameterSet: 'narrow' as const,
      rosterDigest,
      sumId,
      roster: parties.roster,
      self: 'bank-a',
      colluders: 1,
      maskSecret: new Uint8Array(32).fill(1),
      selfSeed: new Uint8Array(32).fill(2),
      heKey: parties.keys.heNarrow.reveal(),
      macKey: parties.keys.mac.reveal(),
      values: new Float64Array(VALUES),
      maxAbs: 100,
    };
    const run = (change: Partial<typeof input>) => codedAsync(collect(contribute({ ...input, ...change })));
    expect(await run({})).toBe('no error');
    expect(await run({ maxAbs: maxAbsFor('narrow', 3) + 1 })).toBe('RANGE_EXCEEDED');
    expect(await run({ values: new Float64Array(0) })).toBe('SUM_SHAPE');
    expect(await run({ self: 'stranger' })).toBe('ROSTER_MISMATCH');
    expect(await run({ roster: [...parties.roster].reverse() })).toBe('ROSTER_MISMATCH');
    expect(await run({ roster: [parties.roster[0]!, parties.roster[0]!] })).toBe('ROSTER_MISMATCH');
  });
});

describe('what the coordinator refuses to add', () => {
  test('uploads that are too short, too long or hold a residue beyond its modulus, by name', async () => {
    const parties = await Parties.of(3, 'narrow');
    const uploads = await parties.uploads(vectorsOf(3, VALUES, 100, 1));
    const good = uploads[1]!;
    const beyond = good.slice();
    beyond.fill(0xff, 64, 72);
    for (const bad of [good.subarray(0, -1), new Uint8Array([...good, 0]), new Uint8Array(0), beyond]) {
      await expect(parties.add([uploads[0]!, bad, uploads[2]!], VALUES)).rejects.toMatchObject({
        code: 'SUM_MALFORMED',
        parties: [parties.names[1]],
      });
    }
  });

  test('more uploads than the roster has places, and none', async () => {
    const parties = await Parties.of(3, 'narrow');
    const uploads = await parties.uploads(vectorsOf(3, VALUES, 100, 1));
    expect(await codedAsync(parties.add([...uploads, uploads[0]!], VALUES))).toBe('SUM_SHAPE');
    expect(await codedAsync(parties.add([], VALUES))).toBe('SUM_SHAPE');
  });

  test('sources are closed when one of them is malformed, and errors of reading keep their cause', async () => {
    const parties = await Parties.of(3, 'narrow');
    const uploads = await parties.uploads(vectorsOf(3, VALUES, 100, 1));
    const closed: string[] = [];
    const source = (name: string, bytes: Uint8Array) => ({
      name,
      bytes: (async function* () {
        try {
          for (let at = 0; at < bytes.length; at += 13) yield bytes.subarray(at, at + 13);
        } finally {
          closed.push(name);
        }
      })(),
    });
    const shape = { parameterSet: 'narrow' as const, valueCount: VALUES, contributors: 3 };
    const sum = await collect(
      addContributions(
        shape,
        uploads.map((bytes, k) => source(`p${k}`, bytes)),
      ),
    );
    expect(await parties.open(sum, VALUES)).toHaveLength(VALUES);
    expect(closed.sort()).toEqual(['p0', 'p1', 'p2']);
    closed.length = 0;
    const run = addContributions(shape, [source('a', uploads[0]!), source('b', uploads[1]!.subarray(0, 80))]);
    expect(await codedAsync(collect(run))).toBe('SUM_MALFORMED');
    expect(closed.sort()).toEqual(['a', 'b']);
    const failing = {
      name: 'c',
      bytes: {
        // biome-ignore lint/correctness/useYield: a source that fails before its first piece
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          throw new Error('disk gone');
        },
      },
    };
    await expect(collect(addContributions(shape, [failing]))).rejects.toThrow('disk gone');
  });
});

describe('sizes', () => {
  test.each([
    ['narrow', 1, 3],
    ['narrow', 2041, 3],
    ['narrow', 2042, 3],
    ['narrow', 4089, 3],
    ['narrow', 10_000, 8],
    ['wide', 1, 3],
    ['wide', 4089, 3],
    ['wide', 4092, 3],
  ] as const)(
    '%s set, %i values, %i contributors: announced before, met exactly, also when slots straddle blocks',
    async (set, values, n) => {
      const parties = await Parties.of(n, set);
      const shape = { parameterSet: set, valueCount: values, contributors: n };
      const vectors = vectorsOf(n, values, 1000, 5);
      const uploads = await parties.uploads(vectors);
      for (const upload of uploads) expect(upload.length).toBe(uploadBytes(shape));
      const sum = await parties.add(uploads, values);
      expect(sum.length).toBe(sumBytes(shape));
      const opened = await parties.open(sum, values);
      expect(opened[values - 1]).toBe(vectors.reduce((total, vector) => total + vector[values - 1]!, 0));
      expect(await codedAsync(parties.open(sum.subarray(0, -1), values))).toBe('SUM_MALFORMED');
      expect(await codedAsync(parties.open(new Uint8Array([...sum, 0]), values))).toBe('SUM_MALFORMED');
    },
  );

  test('a million values take at most 7 bytes each, up', () => {
    const shape = { parameterSet: 'narrow' as const, valueCount: 1_000_000, contributors: 10 };
    expect(uploadBytes(shape) / 1_000_000).toBeLessThan(6.79);
  });
});
