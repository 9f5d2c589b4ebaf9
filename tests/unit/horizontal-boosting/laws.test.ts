import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clearBoosting, magnitudesVector, readMagnitudes, type Table } from '../../../learning/index.js';
import { publicDraws } from '../../../learning/trees/draws.js';
import { gradientsOf } from '../../../learning/trees/gradients.js';
import { groupedRows } from '../../../learning/trees/grouped-rows.js';
import { histogramOf, slotsOf } from '../../../learning/trees/histogram.js';
import {
  type JointBins,
  jointlyBinned,
  quantilesVector,
  readQuantiles,
} from '../../../learning/trees/joint-bins.js';
import {
  type Forest,
  jointTreeSettings,
  levelDecided,
  levelPart,
  startForest,
} from '../../../learning/trees/joint-forest.js';
import { savedTree, treeOf } from '../../../learning/trees/saved-tree.js';
import { leftOf, rightOf } from '../../../learning/trees/tree.js';
import { addTree } from '../../../learning/trees/tree-scores.js';
import { added, asTrees, banks, hashKey, loans, pooled, treeSpec } from './stage.js';

type Spec = ReturnType<typeof treeSpec>;

function jointBins(spec: Spec, tables: readonly Table[]): JointBins {
  const counts = added(tables.map((table) => magnitudesVector(table, spec, hashKey).values));
  const magnitudes = readMagnitudes(counts, spec);
  const cells = added(tables.map((table) => quantilesVector(table, spec, magnitudes).values));
  return readQuantiles(cells, spec, magnitudes);
}

/** Trees that several grow by sums, everybody drawing for its rows what one with all rows would draw. */
function grown(spec: Spec, tables: readonly Table[], fewest: number, look = (_: Forest) => {}): Forest {
  const bins = jointBins(spec, tables);
  const draw = publicDraws(spec.training.seed);
  let before = 0;
  const parties = tables.map((table) => {
    const rows = jointlyBinned(table, bins, hashKey, 'train');
    const first = before;
    before += rows.labels.length;
    return { ...rows, first, logOdds: new Float64Array(rows.labels.length).fill(startForest(bins).start) };
  });
  let forest = startForest(bins);
  while (forest.trees.length < spec.training.rounds) {
    look(forest);
    const parts = parties.map(({ features, labels, logOdds, first }) => {
      const own = { features, labels, training: new Uint8Array(labels.length).fill(1), logOdds, fewest };
      return levelPart(spec, bins, forest, {
        ...own,
        draw: (purpose, tree, at) => draw(purpose, tree, first + at),
      }).values;
    });
    const after = levelDecided(spec, bins, forest, added(parts));
    for (const tree of after.trees.slice(forest.trees.length)) {
      for (const { logOdds, features } of parties) addTree(logOdds, features, treeOf(tree));
    }
    // What is between two sums stands on disk as JSON.
    forest = JSON.parse(JSON.stringify(after)) as Forest;
  }
  return forest;
}

function grownInTheClear(spec: Spec, table: Table) {
  const bins = jointBins(spec, [table]);
  const { features, labels } = jointlyBinned(table, bins, hashKey, 'train');
  const { monotone } = spec.model as { monotone: Record<string, string> };
  const ways = bins.features.map(({ name }) =>
    monotone[name] === undefined ? 0 : monotone[name] === 'rising' ? 1 : -1,
  );
  const party = { features, monotone: ways as (0 | 1 | -1)[], fewestRows: 1, firstTree: 0 };
  const training = new Uint8Array(labels.length).fill(1);
  const rows = { labels, training };
  const trees = clearBoosting([party], rows, startForest(bins).start, jointTreeSettings(spec));
  return Array.from({ length: spec.training.rounds }, () => treeOf(savedTree(trees.next().value.tree)));
}

describe('trees grown by sums over the rows of several', () => {
  test.each<[string, object]>([
    ['as they come', {}],
    ['with row and column sampling', { rows: 0.6, columns: 0.5 }],
    [
      'with weights, penalties and constraints',
      { badWeight: 3, l1: 2, gamma: 1, monotone: { age: 'falling' } },
    ],
    ['of eight levels', { depth: 8, minimumChildWeight: 0.1 }],
  ])('are those grown on all rows together, split for split: %s', (_, model) => {
    const spec = treeSpec(model);
    const all = loans(900, 3);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 10, max: 890 }), { minLength: 2, maxLength: 4 }),
        (ends) => {
          const cuts = [0, ...ends.sort((a, b) => a - b), all.rows];
          const tables = cuts.slice(1).map((end, at) => slice(all, cuts[at]!, end));
          expect(jointBins(spec, tables)).toEqual(jointBins(spec, [pooled(tables)]));
          expect(asTrees(grown(spec, tables, 1))).toEqual(grownInTheClear(spec, pooled(tables)));
        },
      ),
      { numRuns: 4 },
    );
  });

  test('are not those of one of them', () => {
    const tables = [loans(400, 1), loans(400, 2)];
    const spec = treeSpec();
    expect(asTrees(grown(spec, tables, 1))).not.toEqual(grownInTheClear(spec, tables[0]!));
  });
});

function slice(table: Table, from: number, to: number): Table {
  const home = table.categories.get('home')!;
  return {
    rows: to - from,
    numbers: new Map([...table.numbers].map(([name, values]) => [name, values.slice(from, to)])),
    categories: new Map([['home', { ...home, codes: home.codes.slice(from, to) }]]),
    label: table.label.slice(from, to),
    test: table.test.slice(from, to),
  };
}

describe('what a participant puts into a level', () => {
  test('is in every place over none of its rows or at least as many as a group holds, and so is what splits make of it', () => {
    const fewest = 20;
    const spec = treeSpec({ depth: 6, minimumChildWeight: 0 });
    const tables = banks.map((_, at) => loans(40 + 60 * at, at));
    const bins = jointBins(spec, tables);
    let nodes = 0;
    grown(spec, tables, fewest, ({ growing }) => {
      const { branches } = growing ? treeOf(growing) : { branches: new Map() };
      for (const table of tables) {
        const { features } = jointlyBinned(table, bins, hashKey, 'train');
        const slots = slotsOf(features.values);
        const rows = Uint32Array.from({ length: features.rows }, (_, row) => row);
        const ones = { g: new Int8Array(features.rows).fill(1), h: new Int8Array(features.rows) };
        for (const [node, { rows: inNode, ends }] of groupedRows(features, slots, rows, branches, fewest)) {
          nodes++;
          const { g } = histogramOf(features, slots, ones, inNode, ends);
          for (const [feature, start] of slots.starts.entries()) {
            const counts = [...g.subarray(start, start + slots.values[feature]! + 1)];
            expect(
              counts.every((count) => count === 0 || count >= fewest),
              `node ${node}`,
            ).toBe(true);
            expect(counts.reduce((sum, count) => sum + count, 0)).toBe(inNode.length);
          }
        }
      }
    });
    expect(nodes).toBeGreaterThan(400);
  });

  test('adds up: the parts of two children are the part of their parent', () => {
    const table = loans(700, 4);
    const spec = treeSpec();
    const bins = jointBins(spec, [table]);
    const { features, labels } = jointlyBinned(table, bins, hashKey, 'train');
    const slots = slotsOf(features.values);
    const rows = Uint32Array.from(labels.keys());
    const { g, h } = gradientsOf(labels, new Float64Array(rows.length), rows, 0, jointTreeSettings(spec));
    const total = (of: Int8Array, among: Uint32Array) => among.reduce((sum, row) => sum + of[row]!, 0);
    fc.assert(
      fc.property(
        fc.nat({ max: features.values.length - 1 }),
        fc.nat({ max: 31 }),
        fc.boolean(),
        (feature, at, missingLeft) => {
          const bin = at % features.values[feature]!;
          const root = groupedRows(features, slots, rows, new Map(), 20).get(0)!;
          const parent = histogramOf(features, slots, { g, h }, root.rows, root.ends);
          const open = groupedRows(features, slots, rows, new Map([[0, { feature, bin, missingLeft }]]), 20);
          const start = slots.starts[feature]!;
          const missing = features.values[feature]!;
          const left = (of: Float64Array) =>
            of.subarray(start, start + bin + 1).reduce((sum, value) => sum + value, 0) +
            (missingLeft ? of[start + missing]! : 0);
          const lefts = open.get(leftOf(0))!.rows;
          expect([total(g, lefts), total(h, lefts)]).toEqual([left(parent.g), left(parent.h)]);
          expect(lefts.length + open.get(rightOf(0))!.rows.length).toBe(rows.length);
        },
      ),
    );
  });

  test('is nothing where it has fewer rows than a group', () => {
    const spec = treeSpec();
    const [few, many] = [loans(20, 1), loans(600, 2)];
    const bins = jointBins(spec, [few, many]);
    const { features, labels } = jointlyBinned(few, bins, hashKey, 'train');
    const own = {
      features,
      labels,
      training: new Uint8Array(labels.length).fill(1),
      logOdds: new Float64Array(labels.length),
      draw: publicDraws(1),
      fewest: 20,
    };
    expect(labels.length).toBeLessThan(20);
    expect(levelPart(spec, bins, startForest(bins), own).values.every((value) => value === 0)).toBe(true);
  });
});
