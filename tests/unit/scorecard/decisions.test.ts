import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  badRateAt,
  cutOffForApproval,
  cutOffForBadRate,
  driftBand,
  driftIndex,
  exactMetrics,
  reportedRows,
  scoreBands,
  swapSet,
} from '../../../learning/index.js';
import { coded } from '../../support/coded.js';

const rowsGiven = fc.array(
  fc.record({
    points: fc.integer({ min: 500, max: 540 }),
    joint: fc.integer({ min: 500, max: 540 }),
    bad: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 150 },
);
const scored = (rows: readonly { points: number; bad: number }[]) => ({
  points: rows.map(({ points }) => points),
  label: rows.map(({ bad }) => bad),
});
const count = <T>(rows: readonly T[], wanted: (row: T) => boolean) => rows.filter(wanted).length;

describe('score bands', () => {
  it('are these, worked by hand', () => {
    // Twenty customers, points 1 to 20; the bad ones have 1, 2, 3, 4, 6 and 11.
    const points = Array.from({ length: 20 }, (_, index) => index + 1);
    const label = points.map((value) => Number([1, 2, 3, 4, 6, 11].includes(value)));
    const bands = scoreBands({ points, label }, { bands: 4 });
    expect(bands.map(({ from, to, rows, bads }) => [from, to, rows, bads])).toEqual([
      [16, 20, 5, 0],
      [11, 15, 5, 1],
      [6, 10, 5, 1],
      [1, 5, 5, 4],
    ]);
    expect(bands.map(({ cumulativeApproval }) => cumulativeApproval)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(bands.map(({ cumulativeBadCapture }) => cumulativeBadCapture)).toEqual([1, 1, 5 / 6, 4 / 6]);
    expect(bands.map(({ badRate }) => badRate)).toEqual([0, 0.2, 0.2, 0.8]);
    const bounds = scoreBands({ points, label }, { bounds: [11, 16] });
    expect(bounds.map(({ from, to }) => [from, to])).toEqual([
      [16, 20],
      [11, 15],
      [1, 10],
    ]);
  });

  it('hold 5 rows each, every row once, falling points, and no tie in two', () => {
    fc.assert(
      fc.property(rowsGiven, fc.integer({ min: 1, max: 20 }), fc.boolean(), (rows, number, even) => {
        const bounds = Array.from({ length: number }, (_, index) => 500 + index * 3);
        const bands = scoreBands(scored(rows), even ? { bands: number } : { bounds });
        if (rows.length < reportedRows) {
          expect(bands).toEqual([]);
          return;
        }
        let better = Number.POSITIVE_INFINITY;
        for (const band of bands) {
          const inside = ({ points }: { points: number }) => points >= band.from && points <= band.to;
          expect(band.rows).toBeGreaterThanOrEqual(reportedRows);
          expect(band.rows).toBe(count(rows, inside));
          expect(band.bads).toBe(count(rows, (row) => inside(row) && row.bad === 1));
          expect(band.cumulativeApproval).toBeCloseTo(
            count(rows, (row) => row.points >= band.from) / rows.length,
            12,
          );
          const bads = count(rows, ({ bad }) => bad === 1);
          const caught = count(rows, (row) => row.bad === 1 && row.points <= band.to);
          expect(band.cumulativeBadCapture).toBeCloseTo(bads === 0 ? 0 : caught / bads, 12);
          expect(band.to).toBeLessThan(better);
          better = band.from;
        }
        expect(bands.reduce((sum, band) => sum + band.rows, 0)).toBe(rows.length);
        expect(scoreBands(scored([...rows].reverse()), even ? { bands: number } : { bounds })).toEqual(bands);
      }),
    );
  });

  it('refuse a score that is NaN', () => {
    expect(
      coded(() => scoreBands({ points: [Number.NaN, 1, 1, 1, 1], label: [0, 0, 0, 0, 1] }, { bands: 2 })),
    ).toBe('UPDATE_NOT_FINITE');
  });
});

describe('cut-offs', () => {
  it('are the lowest that keep to the target, by trying every one', () => {
    fc.assert(
      fc.property(rowsGiven, fc.integer({ min: 0, max: 100 }), (rows, percent) => {
        const target = percent / 100;
        const tries = [...new Set(rows.map(({ points }) => points))]
          .map((points) => {
            const passing = rows.filter((row) => row.points >= points);
            return { points, passing: passing.length, bads: count(passing, ({ bad }) => bad === 1) };
          })
          .filter(({ passing }) => passing >= reportedRows);
        const lowest = (fits: (cut: (typeof tries)[number]) => boolean) => {
          const fitting = tries.filter(fits).map(({ points }) => points);
          return fitting.length === 0 ? undefined : Math.min(...fitting);
        };
        const byApproval = cutOffForApproval(scored(rows), target);
        expect(byApproval?.points).toBe(lowest(({ passing }) => passing * 100 <= percent * rows.length));
        const byBadRate = cutOffForBadRate(scored(rows), target);
        expect(byBadRate?.points).toBe(lowest(({ passing, bads }) => bads * 100 <= percent * passing));
        for (const cut of [byApproval, byBadRate]) {
          if (!cut) continue;
          const same = tries.find(({ points }) => points === cut.points)!;
          const bads = count(rows, ({ bad }) => bad === 1);
          expect(cut.approval).toBeCloseTo(same.passing / rows.length, 12);
          expect(cut.badRate).toBeCloseTo(same.bads / same.passing, 12);
          expect(cut.badCapture).toBeCloseTo(bads === 0 ? 0 : (bads - same.bads) / bads, 12);
        }
      }),
    );
  });
});

describe('the swap set', () => {
  it('is this, worked by hand', () => {
    // 20 customers; the bank approves the ten first, the joint model the ten from the sixth on.
    const bank = Array.from({ length: 20 }, (_, row) => 20 - row);
    const joint = Array.from({ length: 20 }, (_, row) => (row >= 5 && row < 15 ? 10 : 0));
    const label = Array.from({ length: 20 }, (_, row) => Number(row < 3 || row === 12));
    expect(swapSet(bank, joint, label, 0.5)).toEqual({
      approval: 0.5,
      bothApprove: { rows: 5, bads: 0, badRate: 0 },
      swapIn: { rows: 5, bads: 1, badRate: 0.2 },
      swapOut: { rows: 5, bads: 3, badRate: 0.6 },
      bothDecline: { rows: 5, bads: 0, badRate: 0 },
      badRate: { bank: 0.3, joint: 0.1 },
    });
  });

  it('approves alike, agrees with the bad rates at that approval, and ignores the order of rows', () => {
    fc.assert(
      fc.property(rowsGiven, fc.integer({ min: 0, max: 100 }), (rows, percent) => {
        const of = (list: typeof rows) =>
          swapSet(
            list.map(({ points }) => points),
            list.map(({ joint }) => joint),
            list.map(({ bad }) => bad),
            percent / 100,
          );
        const swap = of(rows);
        const cells = [swap.bothApprove, swap.swapIn, swap.swapOut, swap.bothDecline];
        for (const cell of cells) {
          if (cell && cell.rows > 0) expect(cell.rows).toBeGreaterThanOrEqual(reportedRows - 1e-6);
        }
        // As many swapped in as out: one is withheld with the other.
        expect(swap.swapIn === null).toBe(swap.swapOut === null);
        if (swap.swapIn && swap.swapOut) expect(swap.swapIn.rows).toBeCloseTo(swap.swapOut.rows, 8);
        if (!cells.includes(null)) {
          expect(cells.reduce((sum, cell) => sum + cell!.rows, 0)).toBeCloseTo(rows.length, 8);
          expect(cells.reduce((sum, cell) => sum + cell!.bads, 0)).toBeCloseTo(
            count(rows, ({ bad }) => bad === 1),
            8,
          );
        }
        const rate = (name: 'points' | 'joint') =>
          badRateAt(
            rows.map((row) => -row[name]),
            rows.map(({ bad }) => bad),
            percent / 100,
          );
        if (swap.badRate.bank !== null) expect(swap.badRate.bank).toBeCloseTo(rate('points')!, 8);
        if (swap.badRate.joint !== null) expect(swap.badRate.joint).toBeCloseTo(rate('joint')!, 8);
        const reversed = of([...rows].reverse());
        expect(reversed.approval).toBe(swap.approval);
        expect(reversed.swapIn?.rows ?? -1).toBeCloseTo(swap.swapIn?.rows ?? -1, 8);
        expect(reversed.swapIn?.bads ?? -1).toBeCloseTo(swap.swapIn?.bads ?? -1, 8);
      }),
    );
  });

  it('swaps nobody between equal models, ties or not', () => {
    const same = Array<number>(20).fill(7);
    expect(
      swapSet(
        same,
        same,
        same.map((_, row) => row % 2),
        0.5,
      ),
    ).toMatchObject({
      bothApprove: { rows: 10, bads: 5 },
      bothDecline: { rows: 10, bads: 5 },
    });
    fc.assert(
      fc.property(rowsGiven, fc.integer({ min: 0, max: 100 }), (rows, percent) => {
        const { points, label } = scored(rows);
        const doubled = points.map((value) => 2 * value - 7);
        const { swapIn, swapOut, bothApprove, bothDecline } = swapSet(points, doubled, label, percent / 100);
        const approved = Math.round((percent / 100) * rows.length);
        if (bothApprove) expect(bothApprove.rows).toBeCloseTo(approved, 8);
        if (bothDecline) expect(bothDecline.rows).toBeCloseTo(rows.length - approved, 8);
        expect(swapIn).toEqual({ rows: 0, bads: 0, badRate: 0 });
        expect(swapOut).toEqual({ rows: 0, bads: 0, badRate: 0 });
      }),
    );
  });

  it('withholds cells of one to four rows, and the bad rates that would give them away', () => {
    const bank = Array.from({ length: 20 }, (_, row) => 20 - row);
    const joint = [...bank];
    [joint[9], joint[10]] = [joint[10]!, joint[9]!];
    const label = bank.map((_, row) => Number(row === 9));
    expect(swapSet(bank, joint, label, 0.5)).toMatchObject({
      bothApprove: { rows: 9 },
      swapIn: null,
      swapOut: null,
      badRate: { bank: null, joint: null },
    });
  });
});

describe('drift', () => {
  it('is this, worked by hand', () => {
    // 0.2 ln 2 + (-0.2) ln(0.4 / 0.6) for shares 0.2, 0.6, 0.2 -> 0.4, 0.4, 0.2.
    const { index, band } = driftIndex([20, 60, 20], [40, 40, 20]);
    expect(index).toBeCloseTo(0.2 * Math.log(2) - 0.2 * Math.log(2 / 3), 12);
    expect(band).toBe('moderate');
    // An empty bucket counts as half a row, whenever it is empty.
    expect(driftIndex([100, 0], [50, 50]).index).toBeCloseTo(driftIndex([50, 50], [100, 0]).index, 12);
    expect(driftIndex([50, 50], [100, 0]).index).toBeCloseTo(
      0.5 * Math.log(2) + (0.005 - 0.5) * Math.log(0.01),
      12,
    );
  });

  it('has bands from 0.1 and 0.25', () => {
    expect([0, 0.0999, 0.1, 0.2499, 0.25, 3].map(driftBand)).toEqual([
      'stable',
      'stable',
      'moderate',
      'moderate',
      'shifted',
      'shifted',
    ]);
  });

  it('is 0 for equal shares, never negative but for empty buckets, symmetric, and blind to the order of buckets', () => {
    const counts = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 9 }), (pairs, times) => {
        const [was, is] = [pairs.map(([one]) => one), pairs.map(([, two]) => two)];
        const { index } = driftIndex(was, is);
        expect(index).toBeGreaterThanOrEqual(-1e-12);
        expect(driftIndex(is, was).index).toBeCloseTo(index, 12);
        expect(driftIndex([...was].reverse(), [...is].reverse()).index).toBeCloseTo(index, 12);
        expect(
          driftIndex(
            was,
            was.map((value) => value * times),
          ).index,
        ).toBeCloseTo(0, 12);
        expect(driftIndex([...was, 0], [...is, 0]).index).toBe(index);
      }),
    );
    expect(driftIndex([0, 0], [1, 2])).toEqual({ index: 0, band: 'stable' });
  });
});

it('the worst band of a useful score has more than its share of the bads, as the AUC has it', () => {
  const points = Array.from({ length: 400 }, (_, row) => (row * 37) % 400);
  const label = points.map((value, row) => Number((value + ((row * 91) % 300)) / 2 < 120));
  const auc = exactMetrics(
    points.map((value) => -value),
    label,
  )!.auc;
  const bands = scoreBands({ points, label }, { bands: 10 });
  // The capture curve over the bands gives the AUC by trapezoids up to the width of a band.
  const bads = label.filter((bad) => bad === 1).length;
  const goods = label.length - bads;
  let goodsWorse = 0;
  let badsWorse = 0;
  let area = 0;
  for (const band of [...bands].reverse()) {
    const bandGoods = band.rows - band.bads;
    area += (bandGoods / goods) * ((badsWorse + band.bads / 2) / bads);
    badsWorse += band.bads;
    goodsWorse += bandGoods;
  }
  expect(goodsWorse).toBe(goods);
  expect(Math.abs(area - auc)).toBeLessThan(0.03);
});
