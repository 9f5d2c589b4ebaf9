import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClearParty, clearBoosting } from '../../../learning/trees/clear-boosting.js';
import { gradientLimit, gradientsOf, gradientUnits } from '../../../learning/trees/gradients.js';
import {
  type BinnedFeatures,
  countSlots,
  everySlot,
  histogramOf,
  joinedGroups,
  placesOf,
  siblingHistogram,
  slotsOf,
} from '../../../learning/trees/histogram.js';
import { leftBits, RowPartition } from '../../../learning/trees/partition.js';
import type { Monotone, TreeSettings } from '../../../learning/trees/settings.js';
import { bestSplit, unbounded } from '../../../learning/trees/split.js';
import { leftOf, rightOf, type Tree } from '../../../learning/trees/tree.js';

const settings: TreeSettings = {
  ...{ trees: 5, depth: 4, learningRate: 0.3, l1: 0, l2: 1, minimumChildWeight: 1, gamma: 0 },
  ...{ rowShare: 1, columnShare: 1, badWeight: 1, seed: 5 },
};

/** Features of 1 to 9 bins over some rows, with gradients. */
const tables = fc
  .record({
    rows: fc.integer({ min: 1, max: 120 }),
    values: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .map(({ rows, values, seed }) => {
    let state = seed;
    const below = (bound: number) => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      return ((state ^ (state >>> 13)) >>> 0) % bound;
    };
    const features: BinnedFeatures = {
      ...{ rows, values },
      bins: Uint8Array.from({ length: rows * values.length }, (_, at) =>
        below(values[Math.floor(at / rows)]! + 1),
      ),
    };
    const g = Int8Array.from({ length: rows }, () => below(255) - 127);
    const h = Int8Array.from({ length: rows }, () => below(128));
    const left = Uint8Array.from({ length: Math.ceil(rows / 8) }, () => below(256));
    return { features, slots: slotsOf(values), gradients: { g, h }, left };
  });

const allRows = (rows: number) => Uint32Array.from({ length: rows }, (_, row) => row);

describe('histograms', () => {
  it('of a sibling are the same by subtraction as by counting', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 30 }), ({ features, slots, gradients, left }, fewest) => {
        const partition = new RowPartition(features.rows);
        const root = histogramOf(features, slots, gradients, allRows(features.rows), everySlot(slots));
        partition.split(0, left);
        const [one, other] = [partition.rowsOf(1), partition.rowsOf(2)];
        const counts = [one, other].map((rows) => countSlots(features, slots, rows));
        const ends = joinedGroups(slots, root.ends, counts, fewest);
        const counted = histogramOf(features, slots, gradients, one, ends);
        const direct = histogramOf(features, slots, gradients, other, ends);
        expect(siblingHistogram(slots, root, counted)).toEqual(direct);
      }),
    );
  });

  it('hold no row or at least the fewest, in both children and every group, and only join groups of the parent', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 2, max: 30 }), ({ features, slots, left }, fewest) => {
        fc.pre(features.rows >= fewest);
        const root = joinedGroups(
          slots,
          everySlot(slots),
          [countSlots(features, slots, allRows(features.rows))],
          fewest,
        );
        const partition = new RowPartition(features.rows);
        partition.split(0, left);
        const family = [partition.rowsOf(1), partition.rowsOf(2)];
        // Smaller families than one group have no split to look for.
        fc.pre(family.every((rows) => rows.length >= fewest));
        const counts = family.map((rows) => countSlots(features, slots, rows));
        const ends = joinedGroups(slots, root, counts, fewest);
        slots.starts.forEach((start, feature) => {
          const [above, below] = [placesOf(slots, feature, root), placesOf(slots, feature, ends)];
          for (const of of counts) {
            const grouped = new Map<number, number>();
            below.forEach((place, bin) => {
              grouped.set(place, (grouped.get(place) ?? 0) + of[start + bin]!);
            });
            for (const rows of grouped.values()) expect(rows === 0 || rows >= fewest).toBe(true);
          }
          for (let a = 0; a < above.length; a++) {
            for (let b = 0; b < a; b++) if (above[a] === above[b]) expect(below[a]).toBe(below[b]);
          }
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('the best split', () => {
  /** Gain of parting rows, straight from Chen and Guestrin 2016, equation 7, without gamma and without the half. */
  function gainOf(g: readonly number[], h: readonly number[], left: readonly boolean[], l2: number): number {
    const sum = (of: readonly number[], side: boolean) =>
      of.reduce((total, value, at) => total + (left[at] === side ? value : 0), 0);
    const score = (sumG: number, sumH: number) => (sumG * sumG) / (sumH + l2);
    const [gl, hl, gr, hr] = [sum(g, true), sum(h, true), sum(g, false), sum(h, false)];
    if (hl < 1 || hr < 1) return 0;
    return score(gl, hl) + score(gr, hr) - score(gl + gr, hl + hr);
  }

  it('gains as much as the best of all ways to part the rows', () => {
    fc.assert(
      fc.property(tables, ({ features, slots, gradients }) => {
        const [g, h] = [[...gradients.g], [...gradients.h]];
        let best = 0;
        features.values.forEach((count, feature) => {
          const column = [...features.bins.subarray(feature * features.rows, (feature + 1) * features.rows)];
          for (let bin = 0; bin < count; bin++) {
            for (const missing of [true, false]) {
              const left = column.map((of) => (of === count ? missing : of <= bin));
              best = Math.max(best, gainOf(g, h, left, settings.l2));
            }
          }
        });
        const histogram = histogramOf(features, slots, gradients, allRows(features.rows), everySlot(slots));
        const totals = { g: g.reduce((a, b) => a + b, 0), h: h.reduce((a, b) => a + b, 0) };
        const free = features.values.map(() => 0 as const);
        const allowed = new Uint8Array(free.length).fill(1);
        const found = bestSplit(
          [{ slots, histogram, allowed, monotone: free }],
          ...([totals, unbounded, { g: 1, h: 1 }, settings] as const),
        );
        if (best < 1e-5) return;
        expect(found!.gain / best).toBeCloseTo(1, 9);
        const column = features.bins.subarray(
          found!.feature * features.rows,
          (found!.feature + 1) * features.rows,
        );
        const bits = leftBits(
          allRows(features.rows),
          ...([column, found!.bin, features.values[found!.feature]!, found!.missingLeft] as const),
        );
        const left = g.map((_, row) => ((bits[row >> 3]! >> (row & 7)) & 1) === 1);
        expect(gainOf(g, h, left, settings.l2) / best).toBeCloseTo(1, 9);
      }),
      { numRuns: 300 },
    );
  });
});

describe('gradients', () => {
  it('keep their means when rounded, and never leave eight bits', () => {
    const rows = 40_000;
    const labels = Uint8Array.from({ length: rows }, (_, row) => Number(row % 7 === 0));
    for (const [score, extra] of [
      [-3, {}],
      [0.4, { badWeight: 5 }],
      [40, { oneSide: { top: 0.2, other: 0.1 } }],
    ] as const) {
      const own = { ...settings, ...extra };
      const scores = new Float64Array(rows).fill(score);
      const { g, h, units } = gradientsOf(labels, scores, allRows(rows), 3, own);
      const p = 1 / (1 + Math.exp(-score));
      const weights = labels.map((bad) => (bad ? own.badWeight : 1));
      const exactG = labels.reduce((sum, bad, row) => sum + weights[row]! * (p - bad), 0);
      const exactH = labels.reduce((sum, _, row) => sum + weights[row]! * p * (1 - p), 0);
      // Rounding moves a row by less than a unit; six standard deviations of the sum. One-side draws add theirs.
      const slack = 6 * Math.sqrt(rows) * (own.oneSide ? 127 : 0.5);
      expect(Math.abs(g.reduce((a, b) => a + b, 0) - exactG / units.g)).toBeLessThan(slack);
      expect(Math.abs(h.reduce((a, b) => a + b, 0) - exactH / units.h)).toBeLessThan(slack);
      expect(g.every((value) => Math.abs(value) <= gradientLimit)).toBe(true);
      expect(h.every((value) => value >= 0 && value <= gradientLimit)).toBe(true);
    }
  });

  it('of heavier rows take larger units', () => {
    expect(gradientUnits({ ...settings, badWeight: 4 }).g).toBe(4 * gradientUnits(settings).g);
  });
});

/** Score of a row by walking down a tree. */
function walked(tree: Tree, parties: readonly ClearParty[], row: number): number {
  let node = 0;
  for (;;) {
    const leaf = tree.leaves.get(node);
    if (leaf) return leaf.value;
    const { party, feature, bin, missingLeft } = tree.branches.get(node)!;
    const { features } = parties[party]!;
    const of = features.bins[feature * features.rows + row]!;
    node = (of === features.values[feature] ? missingLeft : of <= bin) ? leftOf(node) : rightOf(node);
  }
}

describe('boosting', () => {
  const boosted = (
    parties: readonly ClearParty[],
    labels: Uint8Array,
    own: TreeSettings,
    training?: Uint8Array,
  ) => {
    const run = clearBoosting(parties, { labels, training: training ?? labels.map(() => 1) }, -0.3, own);
    return Array.from({ length: own.trees }, () => run.next().value);
  };
  const party = (features: BinnedFeatures, extra: Partial<ClearParty> = {}): ClearParty => ({
    ...{ features, monotone: features.values.map(() => 0 as const), fewestRows: 1, firstTree: 0 },
    ...extra,
  });
  const labelsOf = ({ features, gradients }: { features: BinnedFeatures; gradients: { g: Int8Array } }) =>
    Uint8Array.from({ length: features.rows }, (_, row) =>
      Number(gradients.g[row]! + 20 * features.bins[row]! > 40),
    );
  const plain = ({ branches, leaves }: Tree) => ({ branches: [...branches], leaves: [...leaves] });

  it('gives the same trees whoever holds the features', () => {
    fc.assert(
      fc.property(tables, fc.boolean(), (table, sampled) => {
        const { features } = table;
        const own = sampled ? { ...settings, rowShare: 0.6 } : settings;
        const parts = features.values.map((count, feature) =>
          party({
            ...{ rows: features.rows, values: [count] },
            bins: features.bins.subarray(feature * features.rows, (feature + 1) * features.rows),
          }),
        );
        const together = boosted([party(features)], labelsOf(table), own);
        const apart = boosted(parts, labelsOf(table), own);
        expect(apart.map(({ logOdds }) => logOdds)).toEqual(together.map(({ logOdds }) => logOdds));
      }),
      { numRuns: 60 },
    );
  });

  it('scores every row, also those it did not train on, as walking down the trees does', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { features } = table;
        const parties = [party(features, { fewestRows: 5 })];
        const training = Uint8Array.from({ length: features.rows }, (_, row) => Number(row % 3 !== 0));
        let expected = new Float64Array(features.rows).fill(-0.3);
        for (const { tree, logOdds } of boosted(parties, labelsOf(table), settings, training)) {
          expected = expected.map((score, row) => score + walked(tree, parties, row));
          expect(logOdds).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a party out of the trees before its first', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const [own, foreign] = [party(table.features), party(table.features, { firstTree: 2 })];
        const trees = boosted([own, foreign], labelsOf(table), settings);
        for (const { tree } of trees.slice(0, 2)) {
          for (const { party: owner } of tree.branches.values()) expect(owner).toBe(0);
        }
        const alone = boosted([own], labelsOf(table), settings);
        expect(trees.slice(0, 2).map(({ tree }) => plain(tree))).toEqual(
          alone.slice(0, 2).map(({ tree }) => plain(tree)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('keeps monotone constraints: the score never falls as the feature rises', () => {
    let constrained = 0;
    fc.assert(
      fc.property(tables, fc.constantFrom<Monotone>(1, -1), (table, direction) => {
        const { features } = table;
        const rule = features.values.map((_, at) => (at === 0 ? direction : (0 as const)));
        const parties = [party(features, { monotone: rule })];
        for (const { tree } of boosted(parties, labelsOf(table), settings)) {
          const uses = [...tree.branches.values()].some(({ feature }) => feature === 0);
          if (uses) constrained++;
          for (let row = 0; row < features.rows; row++) {
            const scores = Array.from({ length: features.values[0]! }, (_, bin) => {
              const bins = features.bins.slice();
              bins[row] = bin;
              return walked(tree, [party({ ...features, bins })], row);
            });
            scores.forEach((score, bin) => {
              if (bin > 0) expect(direction * (score - scores[bin - 1]!)).toBeGreaterThanOrEqual(0);
            });
          }
        }
      }),
      { numRuns: 20 },
    );
    expect(constrained).toBeGreaterThan(10);
  });

  it('tells rows apart that one feature decides', () => {
    const rows = 600;
    const bins = Uint8Array.from({ length: rows }, (_, row) => row % 12);
    const labels = bins.map((bin) => Number(bin >= 7));
    const last = boosted([party({ rows, values: [12], bins })], labels, { ...settings, trees: 10 }).at(-1)!;
    labels.forEach((bad, row) => {
      expect(last.logOdds[row]! > 0).toBe(bad === 1);
    });
  });
});
