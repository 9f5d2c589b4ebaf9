import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdOut, isUseWithin, rowUse } from '../../../participant/vertical/row-use.js';
import { verticalSpec } from '../coordinator/support/vertical.js';

const spec = verticalSpec({ scores: { release: 'holdout', calibrationRows: 40 } });
const ownRows = fc.array(fc.record({ bad: fc.boolean(), test: fc.boolean() }), {
  minLength: 1,
  maxLength: 400,
});

function of(rows: readonly { readonly bad: boolean; readonly test: boolean }[]) {
  const label = Uint8Array.from(rows, ({ bad }) => Number(bad));
  const test = Uint8Array.from(rows, (row) => Number(row.test));
  // Of common rows every second one, in another order.
  const common = Uint32Array.from(rows.keys())
    .filter((row) => row % 2 === 0)
    .reverse();
  return { label, test, common };
}

it('draws as many training rows as the job says, a quarter at most, with the bad rate of all of them', () => {
  fc.assert(
    fc.property(ownRows, (rows) => {
      const { label, test, common } = of(rows);
      const use = holdOut(spec, common, { label, test });
      expect(isUseWithin(spec, use)).toBe(true);
      const at = (code: number) => [...common].filter((_, place) => use[place] === code);
      expect(at(rowUse.heldOut)).toEqual([...common].filter((row) => test[row] === 1));
      const drawn = at(rowUse.calibrate);
      const training = common.length - at(rowUse.heldOut).length;
      expect(drawn).toHaveLength(Math.min(40, Math.floor(training / 4)));
      const bads = (of: number[]) => of.filter((row) => label[row] === 1).length;
      const expected = (drawn.length * bads([...drawn, ...at(rowUse.train)])) / Math.max(training, 1);
      expect(Math.abs(bads(drawn) - expected)).toBeLessThanOrEqual(0.5);
    }),
  );
});

it('says nothing of a row by drawing it: bad or good, early or late, each is drawn as often', () => {
  const rows = Array.from({ length: 400 }, (_, k) => ({ bad: k % 3 === 0, test: false }));
  const { label, test, common } = of(rows);
  const times = new Float64Array(common.length);
  const draws = 2000;
  for (let draw = 0; draw < draws; draw++) {
    holdOut(spec, common, { label, test }).forEach((code, place) => {
      times[place]! += Number(code === rowUse.calibrate);
    });
  }
  // 40 of 200 each time; six standard deviations of a share over so many draws.
  const bound = 6 * Math.sqrt((0.2 * 0.8) / draws);
  for (const count of times) expect(Math.abs(count / draws - 0.2)).toBeLessThan(bound);
});
