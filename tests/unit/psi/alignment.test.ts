import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { joinAlignments, PsiPool, selectRows, truncationBytes } from '../../../crypto/psi/index.js';
import { coded } from '../../support/coded.js';
import { align, records, Side, scratchFolder } from './sides.js';

const folder = scratchFolder();
const pool = PsiPool.open({ threads: 2 });
afterAll(() => pool.close());

const id = fc
  .string({ minLength: 1, maxLength: 6, unit: 'grapheme' })
  .filter((text) => text.normalize('NFKC').trim() !== '');
const idSet = fc.uniqueArray(id, {
  minLength: 1,
  maxLength: 40,
  selector: (text) => text.normalize('NFKC').trim(),
});

describe('two sides', () => {
  test('find exactly the ids that sets of strings share, both in one order', async () => {
    await fc.assert(
      fc.asyncProperty(idSet, idSet, fc.nat(40), async (own, others, shared) => {
        const first = own;
        const known = new Set(own.slice(0, shared).map((text) => text.normalize('NFKC').trim()));
        const second = [
          ...own.slice(0, shared).reverse(),
          ...others.filter((text) => !known.has(text.normalize('NFKC').trim())),
        ];
        const [a, b] = await align(new Side(pool, folder, first), new Side(pool, folder, second));
        const normal = (values: readonly string[], rows: Uint32Array) =>
          Array.from(rows, (row) => (values[row] as string).normalize('NFKC').trim());
        expect(normal(first, a)).toEqual(normal(second, b));
        const inSecond = new Set(second.map((text) => text.normalize('NFKC').trim()));
        const expected = first
          .map((text) => text.normalize('NFKC').trim())
          .filter((text) => inSecond.has(text));
        expect(normal(first, a).sort()).toEqual(expected.sort());
      }),
      { numRuns: 60 },
    );
  });

  test('meet through their own normalisations', async () => {
    const bank = new Side(pool, folder, ['１３８-0013', 'x9', '４４'], ['nfkc', 'digits-only']);
    const platform = new Side(pool, folder, ['44', '1380013', '7'], ['trim']);
    const [a, b] = await align(bank, platform);
    expect(Array.from(a, (row) => ['1380013', '9', '44'][row])).toEqual(
      Array.from(b, (row) => ['44', '1380013', '7'][row]),
    );
    expect(a.length).toBe(2);
  });

  test('find nothing where nothing is shared', async () => {
    const [a, b] = await align(new Side(pool, folder, ['a']), new Side(pool, folder, ['b', 'c']));
    expect([a.length, b.length]).toEqual([0, 0]);
  });

  test('work across batches', async () => {
    const own = Array.from({ length: 9000 }, (_, k) => `n${k}`);
    const other = Array.from({ length: 4500 }, (_, k) => `n${2 * k + 3}`);
    const [a, b] = await align(new Side(pool, folder, own), new Side(pool, folder, other));
    expect(Array.from(a, (row) => own[row])).toEqual(Array.from(b, (row) => other[row]));
    expect(a.length).toBe(4499);
  });
});

describe('what a message shows', () => {
  test('the order of first messages is not that of rows, and differs between alignments', async () => {
    const values = Array.from({ length: 64 }, () => randomBytes(8).toString('hex'));
    const sides = [new Side(pool, folder, values), new Side(pool, folder, values)] as const;
    const [a] = await align(...sides);
    // The joint order is by value under both scalars: no function of the rows.
    expect(Array.from(a)).not.toEqual(Array.from(a).sort((x, y) => x - y));
    const again = [new Side(pool, folder, values), new Side(pool, folder, values)] as const;
    expect(Array.from((await align(...again))[0])).not.toEqual(Array.from(a));
  });

  test('two alignments of one set share no point', async () => {
    const values = ['a', 'b', 'c', 'd'];
    const [first, second] = [new Side(pool, folder, values), new Side(pool, folder, values)];
    await first.blind();
    await second.blind();
    const seen = new Set(records(first.blinded, 32));
    expect(records(second.blinded, 32).filter((point) => seen.has(point))).toEqual([]);
  });

  test('second messages are cut to the width that the sizes prescribe', async () => {
    const a = new Side(pool, folder, ['a', 'b', 'c']);
    const b = new Side(pool, folder, ['b']);
    await align(a, b);
    expect(truncationBytes(3, 1)).toBe(6);
    expect(records(a.raised, 6).length).toBe(1);
    expect(records(b.raised, 6).length).toBe(3);
  });
});

describe('one side with several peers', () => {
  test('all end with the customers common to all, in one order', async () => {
    const bank = Array.from({ length: 60 }, (_, k) => `c${k}`);
    const peers = [
      bank.filter((_, k) => k % 2 === 0).reverse(),
      [...bank.filter((_, k) => k % 3 === 0), 'other'],
      bank.filter((_, k) => k > 9),
    ];
    const pairs = await Promise.all(
      peers.map((peer) => align(new Side(pool, folder, bank), new Side(pool, folder, peer))),
    );
    const joint = joinAlignments(pairs.map(([own]) => own));
    const ours = Array.from(joint.rows, (row) => bank[row]);
    expect([...ours].sort()).toEqual(bank.filter((_, k) => k % 6 === 0 && k > 9).sort());
    pairs.forEach(([, theirs], peer) => {
      const rows = selectRows(theirs, joint.positions[peer] as Uint32Array);
      expect(Array.from(rows, (row) => peers[peer]?.[row])).toEqual(ours);
    });
  });

  test('one peer: the pairwise alignment as it is', () => {
    const rows = Uint32Array.of(4, 0, 9);
    expect(joinAlignments([rows])).toEqual({ rows, positions: [Uint32Array.of(0, 1, 2)] });
    expect(joinAlignments([rows, new Uint32Array(0)]).rows.length).toBe(0);
  });

  test.each([
    ['a row outside', [0, 3]],
    ['a row twice', [1, 1]],
  ])('a peer refuses %s', (_, positions) => {
    expect(coded(() => selectRows(Uint32Array.of(5, 6, 7), Uint32Array.from(positions)))).toBe(
      'PARCEL_MALFORMED',
    );
  });
});
