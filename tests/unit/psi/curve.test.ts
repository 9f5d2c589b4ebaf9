import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { raisePoints } from '../../../crypto/psi/curve.js';
import { checkPoints } from '../../../crypto/psi/index.js';
import { coded } from '../../support/coded.js';
import { encodeLittleEndian, fieldPrime, smallOrderValues, x25519 } from './montgomery.js';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('RFC 7748, §5.2', () => {
  test.each([
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    // Bit 255 of this one is set and ignored.
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ])('scalar %s', (scalar, point, result) => {
    expect(hex(raisePoints(bytes(scalar), bytes(point)))).toBe(result);
    expect(hex(x25519(bytes(scalar), bytes(point)))).toBe(result);
  });

  test('iterated once and a thousand times', () => {
    let [k, u] = [encodeLittleEndian(9n), encodeLittleEndian(9n)];
    for (let round = 1; round <= 1000; round++) {
      [k, u] = [raisePoints(k, u), k];
      if (round === 1)
        expect(hex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    expect(hex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });
});

test('scalars commute, whatever the digest: on the curve, on the twist, with bit 255 set', () => {
  fc.assert(
    fc.property(bytes32, bytes32, bytes32, (a, b, digest) => {
      const left = raisePoints(a, raisePoints(b, digest));
      const right = raisePoints(b, raisePoints(a, digest));
      expect(hex(left)).toBe(hex(right));
    }),
  );
});

test('a batch holds the results of its points, cut to the width, as BigInt arithmetic gives them', () => {
  const scalar = randomBytes(32);
  const points = randomBytes(5 * 32);
  const raised = raisePoints(scalar, points, 10);
  const expected = [0, 1, 2, 3, 4].map((k) =>
    x25519(scalar, points.subarray(k * 32, k * 32 + 32)).subarray(22),
  );
  expect(hex(raised)).toBe(expected.map(hex).join(''));
});

test('an own digest in [p, 2^255) stands for itself minus p', () => {
  const scalar = randomBytes(32);
  expect(hex(raisePoints(scalar, encodeLittleEndian(fieldPrime + 9n)))).toBe(
    hex(raisePoints(scalar, encodeLittleEndian(9n))),
  );
});

describe('foreign points', () => {
  test.each(smallOrderValues.map((value) => [value]))(
    'small order: %s is refused, alone and among others',
    (value) => {
      const point = encodeLittleEndian(value);
      expect(coded(() => checkPoints(point))).toBe('PSI_POINT_INVALID');
      const among = new Uint8Array(96).fill(7);
      among.set(point, 64);
      expect(coded(() => checkPoints(among))).toBe('PSI_POINT_INVALID');
      expect(() => checkPoints(among, 4096)).toThrow(/blinded id 4099/);
    },
  );

  // X25519 ignores bit 255 (RFC 7748, §5), so the five above 2^255 stand for other points there.
  test.each(smallOrderValues.filter((value) => value < 2n ** 255n).map((value) => [value]))(
    'small order: %s is not raised even where nobody checks',
    (value) => {
      expect(coded(() => raisePoints(randomBytes(32), encodeLittleEndian(value)))).toBe('PSI_POINT_INVALID');
    },
  );

  test('values from p on are refused, the top bit included', () => {
    for (const value of [
      fieldPrime,
      fieldPrime + 2n,
      fieldPrime + 18n,
      2n ** 255n - 1n,
      2n ** 255n,
      2n ** 255n + 9n,
      2n ** 256n - 1n,
    ]) {
      expect(coded(() => checkPoints(encodeLittleEndian(value)))).toBe('PSI_POINT_INVALID');
    }
  });

  test('values below p of large order pass', () => {
    for (const value of [2n, 9n, fieldPrime - 2n, fieldPrime - 19n, 2n ** 254n, 2n ** 255n - 2n ** 200n]) {
      checkPoints(encodeLittleEndian(value));
    }
    fc.assert(
      fc.property(bytes32, bytes32, (scalar, digest) => {
        checkPoints(raisePoints(scalar, digest));
      }),
    );
  });
});
