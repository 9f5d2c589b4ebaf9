import { expect, test } from 'vitest';
import { KeptKeys } from '../../../crypto/matvec/kept-keys.js';

const keyOf = (n: number) => new Uint8Array(4).fill(n);

test('one value for each set and key; the oldest of nine is forgotten, and its key overwritten', () => {
  const made: string[] = [];
  const forgotten: string[] = [];
  const kept = new KeptKeys(
    (set, key) => {
      const value = `${set} ${key[0]}`;
      made.push(value);
      return value;
    },
    (value) => forgotten.push(value),
  );
  const first = keyOf(1);
  expect(kept.of('product-43', first)).toBe(kept.of('product-43', keyOf(1)));
  kept.of('product-20', keyOf(1));
  for (let n = 2; n <= 7; n++) kept.of('product-43', keyOf(n));
  expect(made.length).toBe(8);
  expect(forgotten).toEqual([]);
  kept.of('product-43', keyOf(8));
  expect(forgotten).toEqual(['product-43 1']);
  expect(first).toEqual(keyOf(0));
  // Zeros of a forgotten key are no key of anybody's; the key itself, sent again, is set up again.
  expect(kept.of('product-43', keyOf(1))).toBe('product-43 1');
  expect(made.length).toBe(10);
});

test('of a key that is refused nothing is kept: it is refused again', () => {
  let tries = 0;
  const kept = new KeptKeys(() => {
    tries++;
    throw new Error('no key');
  });
  for (let k = 0; k < 2; k++) expect(() => kept.of('product-43', keyOf(1))).toThrowError('no key');
  expect(tries).toBe(2);
});
