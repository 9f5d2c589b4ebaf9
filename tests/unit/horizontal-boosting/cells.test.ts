import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponentOf } from '../../../learning/statistics/magnitudes.js';
import {
  binOfNumber,
  cellCount,
  cellOf,
  cutsOf,
  type ValueCells,
  valueCells,
} from '../../../learning/trees/value-cells.js';

/** Cells and counts as several would find them together. */
function counted(values: readonly number[], fewest: number): { cells: ValueCells; counts: Float64Array } {
  const byExponent = new Array<number>(97).fill(0);
  for (const value of values) byExponent[value === 0 ? 0 : 1 + exponentOf(Math.abs(value))]!++;
  const cells = valueCells(byExponent, fewest);
  const counts = new Float64Array(cellCount(cells));
  for (const value of values) counts[cellOf(cells, value)!]!++;
  return { cells, counts };
}

const anyNumber = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 2 ** -40, -(2 ** -40), 1e300, -1e300, Number.MIN_VALUE),
);

describe('cells of a number', () => {
  test('are in the order of the values, and cuts part values where they part cells', () => {
    fc.assert(
      fc.property(
        fc.array(anyNumber, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 64 }),
        (values, fewest, most) => {
          const { cells, counts } = counted(values, fewest);
          const cuts = cutsOf(cells, counts, most);
          expect(cuts.length).toBeLessThan(most);
          expect([...cuts].sort((a, b) => a - b)).toEqual(cuts);
          const sorted = values.toSorted((a, b) => a - b);
          const places = sorted.map((value) => cellOf(cells, value)!);
          expect(places.toSorted((a, b) => a - b)).toEqual(places);
          const bins = new Map<number, number>();
          for (const [at, value] of sorted.entries()) {
            const bin = binOfNumber(cuts, value);
            // A cell is in one bin as a whole.
            expect(bins.get(places[at]!) ?? bin).toBe(bin);
            bins.set(places[at]!, bin);
          }
          expect(new Set(bins.values()).size).toBe(cuts.length + 1);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('part whole numbers one by one where rows are many and values few', () => {
    const values = Array.from({ length: 6000 }, (_, row) => (row % 25) - 12);
    const { cells, counts } = counted(values, 20);
    const cuts = cutsOf(cells, counts, 32);
    expect(new Set(values.map((value) => binOfNumber(cuts, value))).size).toBe(25);
  });

  test('give bins of about as many rows, also of amounts over five powers of ten', () => {
    const values = Array.from({ length: 20_000 }, (_, row) => 10 ** ((5 * ((row * 7919) % 20_000)) / 20_000));
    const { cells, counts } = counted(values, 20);
    const cuts = cutsOf(cells, counts, 32);
    const rows = new Float64Array(cuts.length + 1);
    for (const value of values) rows[binOfNumber(cuts, value)]!++;
    expect(rows.length).toBe(32);
    expect(Math.min(...rows)).toBeGreaterThan((0.8 * values.length) / 32);
    expect(Math.max(...rows)).toBeLessThan((1.2 * values.length) / 32);
  });

  test('hold at least as many rows on average as a group, on every side of every exponent', () => {
    const { cells, counts } = counted(
      Array.from({ length: 500 }, (_, row) => row + 0.5),
      20,
    );
    expect(counts.length).toBe(cellCount(cells));
    expect(cells.half).toBeLessThanOrEqual(500 / 20 + 10);
  });
});
