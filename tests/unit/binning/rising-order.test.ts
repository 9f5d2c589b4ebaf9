import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inRisingOrder } from '../../../learning/binning/rising-order.js';

/** The order that Array.prototype.sort gives with numbers compared, and -0 before 0. */
function expected(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b || Number(Object.is(b, -0)) - Number(Object.is(a, -0)));
}

const anyDouble = fc.double({ noNaN: true });
/** Values that share most digits of their keys, so that passes are left out. */
const alike = fc.oneof(fc.constantFrom(-1, -0, 0, 1, 99), fc.integer({ min: -3, max: 3 }));

it('is the order of numbers, for doubles of any size and sign', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyDouble, alike), { maxLength: 400 }), (values) => {
      expect([...inRisingOrder(Float64Array.from(values))]).toEqual(expected(values));
    }),
  );
});

it('is the order of numbers where few digits differ', () => {
  fc.assert(
    fc.property(fc.array(alike, { maxLength: 400 }), (values) => {
      expect([...inRisingOrder(Float64Array.from(values))]).toEqual(expected(values));
    }),
  );
});

it('holds at the ends of the range', () => {
  const extremes = [
    Number.POSITIVE_INFINITY,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    0,
    -0,
    -Number.MIN_VALUE,
    -Number.MAX_VALUE,
    Number.NEGATIVE_INFINITY,
  ];
  expect([...inRisingOrder(Float64Array.from(extremes))]).toEqual(extremes.toReversed());
  expect(inRisingOrder(new Float64Array(0))).toHaveLength(0);
});

it('leaves what stands around a part of an array alone', () => {
  const whole = Float64Array.of(9, 3, 2, 1, -9);
  expect([...inRisingOrder(whole.subarray(1, 4))]).toEqual([1, 2, 3]);
  expect([whole[0], whole[4]]).toEqual([9, -9]);
});
