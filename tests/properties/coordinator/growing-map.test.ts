import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrowingMap } from '../../../coordinator/rounds/growing-map.js';

/** Grows one of the maps that there are, which is the newest of its line or not, by a key that is new or not. */
const growth = fc.record({
  from: fc.nat(),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  value: fc.nat(9),
});

it('is what copies of maps are, whichever of its pasts it grows from', () => {
  fc.assert(
    fc.property(fc.array(growth, { maxLength: 40 }), (growths) => {
      const pairs = [{ ours: GrowingMap.of(new Map<string, number>()), model: new Map<string, number>() }];
      for (const { from, key, value } of growths) {
        const { ours, model } = pairs[from % pairs.length]!;
        pairs.push({ ours: ours.with(key, value), model: new Map(model).set(key, value) });
      }
      for (const { ours, model } of pairs) {
        expect(ours.size).toBe(model.size);
        expect([...ours]).toEqual([...model]);
        expect([...ours.keys()]).toEqual([...model.keys()]);
        expect([...ours.values()]).toEqual([...model.values()]);
        for (const key of 'abcdefg') {
          expect(ours.get(key)).toBe(model.get(key));
          expect(ours.has(key)).toBe(model.has(key));
        }
        const visited: [string, number][] = [];
        ours.forEach((value, key) => {
          visited.push([key, value]);
        });
        expect(visited).toEqual([...model]);
      }
    }),
  );
});

it('keeps a value that is undefined', () => {
  const map = GrowingMap.of(new Map<string, undefined>()).with('a', undefined);
  expect([map.has('a'), map.get('a'), map.size]).toEqual([true, undefined, 1]);
});
