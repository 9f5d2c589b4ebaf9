import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { GrowingMap } from '../../../coordinator/rounds/growing-map.js';
import { SettledMap } from '../../../coordinator/rounds/settled-map.js';

const roster = ['a', 'b', 'c', 'd', 'e', 'f'] as ParticipantName[];
const text = fc.constantFrom(
  '',
  'narrow',
  'AB'.repeat(32),
  'ab'.repeat(32),
  'cd'.repeat(32),
  'cd'.repeat(16),
);
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, Number.NaN, 2 ** 53 - 1));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    ...[text, number, fc.boolean(), fc.constantFrom(undefined, null)],
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('digest', 'ms', 'timings', '__proto__', 'toString'), tie('value'), {
      maxKeys: 3,
    }),
  ),
}));
/** Alike but for what posts of one place differ in. */
const post = fc.record({
  digest: fc.constantFrom('ab'.repeat(32), 'cd'.repeat(32)),
  bytes: fc.nat(),
  timings: fc.array(fc.record({ step: fc.constantFrom('train', 'add'), ms: fc.double({ noNaN: true }) }), {
    minLength: 1,
    maxLength: 2,
  }),
  keyed: fc.constantFrom(undefined, 'ef'.repeat(32)),
});
const said = fc
  .oneof(fc.constant(value), fc.constant(post), fc.constant(number), fc.constant(fc.constant(true)))
  .chain((each) =>
    fc.uniqueArray(fc.tuple(fc.constantFrom(...roster), each), { selector: ([name]) => name }),
  );

it('is the map that it was made of', () => {
  fc.assert(
    fc.property(said, (entries) => {
      const model = new Map<ParticipantName, unknown>(entries);
      const ours = SettledMap.of(roster, model);
      expect(ours.size).toBe(model.size);
      expect([...ours]).toStrictEqual([...model]);
      expect([...ours.keys()]).toEqual([...model.keys()]);
      expect([...ours.values()]).toStrictEqual([...model.values()]);
      for (const name of [...roster, 'g' as ParticipantName]) {
        expect(ours.has(name)).toBe(model.has(name));
        expect(ours.get(name)).toStrictEqual(model.get(name));
      }
      const visited: unknown[] = [];
      ours.forEach((each, name, map) => {
        expect(map).toBe(ours);
        visited.push([name, each]);
      });
      expect(visited).toStrictEqual([...model]);
    }),
    { numRuns: 1000 },
  );
});

it('takes what is said late, as a copy that grows', () => {
  fc.assert(
    fc.property(said, value, (entries, late) => {
      const model = new Map<ParticipantName, unknown>(entries);
      const ours = SettledMap.of(roster, model);
      const grown = GrowingMap.of<ParticipantName, unknown>(ours).with('c' as ParticipantName, late);
      expect([...SettledMap.of(roster, grown)]).toStrictEqual([
        ...new Map(model).set('c' as ParticipantName, late),
      ]);
      expect([...ours]).toStrictEqual(entries);
    }),
  );
});
