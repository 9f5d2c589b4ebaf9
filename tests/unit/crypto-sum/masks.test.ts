import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parameterSet } from '../../../crypto/he/public.js';
import { SumSecrets } from '../../../crypto/secure-sum/index.js';
import { LinearMac } from '../../../crypto/secure-sum/mac.js';
import { Masks } from '../../../crypto/secure-sum/masks.js';
import { UniformStream } from '../../../crypto/secure-sum/uniform-stream.js';
import { coded } from '../../support/coded.js';
import { rosterDigest, sumId } from './parties.js';

const key = Uint8Array.from({ length: 32 }, (_, k) => k);
const narrow = parameterSet('narrow').plainModulus;
const wide = parameterSet('wide').plainModulus;

describe('uniform stream', () => {
  test.each([
    ['narrow', narrow, 4],
    ['wide', wide, 8],
    ['a modulus that rejects half the words', 2 ** 31 + 11, 4],
  ] as const)(
    '%s: is the rejection-sampled AES-256-CTR key stream, wherever blocks are cut',
    (_, t, step) => {
      const count = 20_000;
      const bits = BigInt(Math.ceil(Math.log2(t)));
      const raw = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(
        Buffer.alloc(3 * step * count),
      );
      const expected: number[] = [];
      for (let at = 0; expected.length < count; at += step) {
        const word = step === 4 ? BigInt(raw.readUInt32LE(at)) : raw.readBigUInt64LE(at);
        const value = word & ((1n << bits) - 1n);
        if (value < BigInt(t)) expected.push(Number(value));
      }
      const stream = new UniformStream(key, t);
      const drawn: number[] = [];
      for (let cut = 1; drawn.length < count; cut = (cut * 7) % 5003) {
        const block = new Float64Array(cut);
        stream.fill(block, cut);
        drawn.push(...block);
      }
      expect(drawn.slice(0, count)).toEqual(expected);
    },
  );

  test.each([
    ['narrow', narrow],
    ['wide', wide],
  ] as const)('%s: 256 equal cells of 2^18 draws pass chi-square at 10^-6 (fixed key)', (_, t) => {
    const draws = 2 ** 18;
    const block = new Float64Array(draws);
    new UniformStream(key, t).fill(block, draws);
    for (const cellOf of [(value: number) => Math.floor((value / t) * 256), (value: number) => value % 256]) {
      const cells = new Float64Array(256);
      for (const value of block) cells[cellOf(value)]! += 1;
      const expected = draws / 256;
      const chi = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      // Quantiles of chi-square with 255 degrees of freedom at 10^-6 and 1 − 10^-6.
      expect(chi).toBeGreaterThan(155);
      expect(chi).toBeLessThan(377);
    }
  });
});

describe('masks', () => {
  const at = { rosterDigest, sumId, modulus: narrow, blockValues: 64 };
  const people = ['bank-a', 'bank-b', 'market-x', 'shop-y'].map((name) => {
    const secrets = SumSecrets.draw();
    return { name, secrets, maskKey: secrets.publicKey().maskKey };
  });
  const pairMasks = (self: (typeof people)[number], over = at) => {
    const masks = new Masks(over);
    for (const peer of people)
      if (peer !== self) masks.pair(self.name, self.secrets.reveal().maskSecret, peer);
    const block = new Float64Array(64);
    masks.apply(block, 64);
    return block;
  };

  test('pairwise masks of the whole roster cancel, those of a part do not', () => {
    const all = people.map((person) => pairMasks(person));
    const sums = Array.from(
      { length: 64 },
      (_, k) => all.reduce((sum, block) => sum + block[k]!, 0) % narrow,
    );
    expect(new Set(sums)).toEqual(new Set([0]));
    const part = Array.from(
      { length: 64 },
      (_, k) => all.slice(1).reduce((sum, block) => sum + block[k]!, 0) % narrow,
    );
    expect(part.filter((value) => value === 0).length).toBeLessThan(3);
  });

  test('roster digest and every part of the sum id give other masks', () => {
    const one = pairMasks(people[0]!);
    for (const other of [
      { ...at, rosterDigest: 'ef'.repeat(32) as typeof rosterDigest },
      { ...at, sumId: { ...sumId, sum: 9 } },
      { ...at, sumId: { ...sumId, round: 9 } },
      { ...at, sumId: { ...sumId, purpose: 'moments' as const } },
      { ...at, sumId: { ...sumId, jobId: `job-${'0'.repeat(32)}` as typeof sumId.jobId } },
    ]) {
      expect(pairMasks(people[0]!, other)).not.toEqual(one);
    }
  });

  test('a self mask taken off again leaves nothing', () => {
    const block = new Float64Array(64);
    new Masks(at).self('bank-a', key).apply(block, 64);
    expect(block.every((value) => value === 0)).toBe(false);
    new Masks(at).self('bank-a', key, true).apply(block, 64);
    expect(block).toEqual(new Float64Array(64));
  });

  test('a mask key of small order is refused with its owner named', () => {
    for (const maskKey of ['00'.repeat(32), `01${'00'.repeat(31)}`]) {
      const peer = { name: 'bank-b', maskKey };
      expect(coded(() => new Masks(at).pair('bank-a', key, peer))).toBe('MESSAGE_MALFORMED');
    }
  });
});

describe('linear MACs', () => {
  test.each([
    ['narrow', (narrow - 1) / 2],
    ['narrow', 2 ** 25 - 1],
    ['wide', (wide - 1) / 2],
    ['wide', 2 ** 25 - 1],
  ] as const)('%s: equal the BigInt inner products, values up to %i', (name, top) => {
    const { plainModulus: t, degree } = parameterSet(name);
    const at = { rosterDigest, sumId, modulus: t, blockValues: degree };
    const values = Float64Array.from({ length: degree }, (_, k) => {
      const magnitude = k % 3 === 0 ? top : (k * 2654435761) % top;
      return k % 2 === 0 ? magnitude : -magnitude;
    });
    const mac = new LinearMac(key, at);
    mac.update(values, degree);
    mac.update(values, degree);
    mac.update(values, 3);
    // Coefficients read off with unit vectors: MAC of e_k is a_k.
    const coefficients = (upTo: number) =>
      Array.from({ length: upTo }, (_, k) => {
        const probe = new LinearMac(key, at);
        const unit = new Float64Array(degree);
        for (let from = 0; from < k - (k % degree); from += degree) probe.update(unit, degree);
        unit[k % degree] = 1;
        probe.update(unit, (k % degree) + 1);
        return probe.slots();
      });
    const sampled = coefficients(40);
    const short = new LinearMac(key, at);
    short.update(values, 40);
    expect([...short.slots()]).toEqual(
      [0, 1, 2, 3].map((slot) => {
        const sum = sampled.reduce((total, a, k) => total + BigInt(a[slot]!) * BigInt(values[k]!), 0n);
        return Number(((sum % BigInt(t)) + BigInt(t)) % BigInt(t));
      }),
    );
    expect(new Set(sampled.flatMap((a) => [...a])).size).toBe(160);
    // Additive over whole vectors: MAC(x) + MAC(−x) = 0.
    const negated = new LinearMac(key, at);
    for (const count of [degree, degree, 3])
      negated.update(
        values.map((value) => -value),
        count,
      );
    const [a, b] = [mac.slots(), negated.slots()];
    expect(a.every((slot, k) => (slot + b[k]!) % t === 0)).toBe(true);
  });
});
