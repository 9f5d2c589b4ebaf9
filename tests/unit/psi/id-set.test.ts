import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assertSameSet,
  decodePsiSecrets,
  drawPsiSecrets,
  encodePsiSecrets,
  idDigests,
  maxIds,
  normaliseId,
  setDigest,
  truncationBytes,
} from '../../../crypto/psi/index.js';
import { coded } from '../../support/coded.js';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

describe('normalisation', () => {
  test('nfkc and trim by default', () => {
    // Full-width digits, no-break space, ideographic space; composed and decomposed e-acute.
    expect(normaliseId('\u00a0１２３\u3000')).toBe('123');
    expect(normaliseId('Re\u0301ne')).toBe(normaliseId('R\u00e9ne'));
    expect(normaliseId('ab')).not.toBe(normaliseId('AB'));
  });

  test('steps apply in the declared order', () => {
    expect(normaliseId(' ab ', ['uppercase', 'trim'])).toBe('AB');
    expect(normaliseId('ÄB', ['lowercase'])).toBe('äb');
    expect(normaliseId('+86 (138) ００１２', ['nfkc', 'digits-only'])).toBe('861380012');
    expect(normaliseId('＋８６', ['digits-only', 'nfkc'])).toBe('');
    expect(normaliseId(' x ', [])).toBe(' x ');
  });
});

describe('a set of ids', () => {
  test('is SHA-256 of the normalised ids in row order, beyond the first buffer too', () => {
    const values = Array.from({ length: 3000 }, (_, k) => ` 客户-${k} `);
    const { count, digests } = idDigests(values.values());
    expect(count).toBe(3000);
    expect(digests.length).toBe(32 * 3000);
    for (const k of [0, 1023, 1024, 2999]) {
      expect(Buffer.from(digests.subarray(32 * k, 32 * k + 32)).toString('hex')).toBe(sha256(`客户-${k}`));
    }
  });

  test('refuses rows without id, naming five of them, and no id', () => {
    const values = Array.from({ length: 40 }, (_, k) =>
      k % 4 === 2 ? (k % 8 === 2 ? null : ' ') : `secret-${k}`,
    );
    expect(coded(() => idDigests(values))).toBe('DATASET_ID_EMPTY');
    expect(() => idDigests(values)).toThrow(/rows 3, 7, 11, 15 and 19; 10 such rows/);
    expect(() => idDigests(values)).not.toThrow(/secret/);
    expect(coded(() => idDigests(['x-1', '--'], ['digits-only']))).toBe('DATASET_ID_EMPTY');
  });

  test('refuses duplicates after normalisation, naming rows, and no id', () => {
    const values = Array.from({ length: 1000 }, (_, k) => `secret-${k}`);
    values[929] = ' secret-16';
    expect(coded(() => idDigests(values))).toBe('DATASET_DUPLICATE_ID');
    expect(() => idDigests(values)).toThrow(/rows 17 and 930$/);
    expect(() => idDigests(values)).not.toThrow(/secret/);
    expect(idDigests(values, []).count).toBe(1000);
    expect(() => idDigests(Array.from({ length: 9 }, () => 'same'))).toThrow(
      /rows 1, 2, 3, 4 and 5; 8 such rows/,
    );
  });

  test('duplicates are found exactly where a Set of strings finds them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 2, unit: 'grapheme' }), { maxLength: 60 }),
        (ids) => {
          const distinct = new Set(ids).size === ids.length;
          expect(coded(() => idDigests(ids, []))).toBe(distinct ? 'no error' : 'DATASET_DUPLICATE_ID');
        },
      ),
    );
  });
});

describe('secrets are bound to a set', () => {
  const ids = idDigests(['a', 'b', 'c']);
  const secrets = drawPsiSecrets(ids);

  test('the same ids pass, also after being stored', () => {
    const stored = decodePsiSecrets(encodePsiSecrets(secrets));
    expect(encodePsiSecrets(stored)).toEqual(encodePsiSecrets(secrets));
    assertSameSet(stored, idDigests(['a', 'b', 'c']));
  });

  test.each([
    ['an id more', ['a', 'b', 'c', 'd']],
    ['an id less', ['a', 'b']],
    ['another id', ['a', 'b', 'd']],
    ['another row order', ['b', 'a', 'c']],
  ])('%s is PSI_SET_CHANGED', (_, changed) => {
    expect(coded(() => assertSameSet(secrets, idDigests(changed)))).toBe('PSI_SET_CHANGED');
  });

  test('the digest of a set says nothing without the salt', () => {
    const other = drawPsiSecrets(ids);
    expect(other.setDigest).not.toBe(secrets.setDigest);
    expect(setDigest(other.salt, ids)).toBe(other.setDigest);
  });

  test('every alignment draws its own, and none prints', () => {
    const other = drawPsiSecrets(ids);
    expect(other.scalar.reveal()).not.toEqual(secrets.scalar.reveal());
    expect(other.orderSeed.reveal()).not.toEqual(secrets.orderSeed.reveal());
    expect(JSON.stringify(secrets)).not.toContain(Buffer.from(secrets.scalar.reveal()).toString('hex'));
  });

  test('stored secrets of another length', () => {
    expect(coded(() => decodePsiSecrets(encodePsiSecrets(secrets).subarray(1)))).toBe('INTERNAL');
  });
});

describe('truncation', () => {
  test.each([
    [1, 1, 6],
    [2, 2, 6],
    [1_000_000, 1_000_000, 11],
    [5_000_000, 5_000_000, 11],
    [1, 5_000_000, 11],
  ])('%i and %i ids: %i bytes', (a, b, bytes) => {
    expect(truncationBytes(a, b)).toBe(bytes);
    expect(truncationBytes(b, a)).toBe(bytes);
  });

  test('keeps at least ceil(log2 nA) + ceil(log2 nB) + 40 bits besides the one that is always zero, and fits a point', () => {
    const size = fc.integer({ min: 1, max: maxIds });
    fc.assert(
      fc.property(size, size, (a, b) => {
        const bits = 8 * truncationBytes(a, b);
        expect(bits - 1).toBeGreaterThanOrEqual(Math.ceil(Math.log2(a)) + Math.ceil(Math.log2(b)) + 40);
        expect(bits).toBeLessThanOrEqual(256);
      }),
    );
  });

  test.each([0, -1, 1.5, maxIds + 1, Number.NaN])('%d ids are refused', (n) => {
    expect(coded(() => truncationBytes(n, 5))).toBe('PSI_SIZE_LIMIT');
  });
});
