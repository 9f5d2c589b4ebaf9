import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GrowingTree } from '../../../learning/trees/growing-tree.js';
import { everySlot, histogramOf, slotsOf } from '../../../learning/trees/histogram.js';
import { leftBits, RowPartition } from '../../../learning/trees/partition.js';
import type { Monotone, TreeSettings } from '../../../learning/trees/settings.js';
import { leftOf, rightOf, type Tree } from '../../../learning/trees/tree.js';

/** What xgboost_trees.py beside this file wrote. */
interface Case {
  readonly settings: Readonly<
    Record<'max_depth' | 'eta' | 'reg_lambda' | 'reg_alpha' | 'gamma' | 'min_child_weight', number>
  >;
  readonly monotone: readonly Monotone[];
  readonly values: readonly number[];
  readonly bins: readonly (readonly number[])[];
  readonly g: readonly number[];
  readonly h: readonly number[];
  readonly nodes: readonly (BranchCase | LeafCase)[];
}
interface BranchCase {
  readonly node: number;
  readonly feature: number;
  readonly below: number;
  readonly missingLeft: boolean;
  readonly gain: number;
  readonly cover: number;
}
interface LeafCase {
  readonly node: number;
  readonly leaf: number;
  readonly cover: number;
}

const cases = JSON.parse(readFileSync(new URL('xgboost-trees.json', import.meta.url), 'utf8')) as Case[];

function grown({ settings, monotone, values, bins, g, h }: Case): Tree {
  const rows = g.length;
  const features = { rows, values, bins: Uint8Array.from(bins.flat()) };
  const gradients = { g: Int8Array.from(g), h: Int8Array.from(h) };
  const slots = slotsOf(values);
  const allowed = new Uint8Array(values.length).fill(1);
  const treeSettings: TreeSettings = {
    ...{ trees: 1, depth: settings.max_depth, learningRate: settings.eta },
    ...{ l1: settings.reg_alpha, l2: settings.reg_lambda, gamma: settings.gamma },
    ...{ minimumChildWeight: settings.min_child_weight, rowShare: 1, columnShare: 1, badWeight: 1, seed: 0 },
  };
  const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const growing = new GrowingTree(treeSettings, { g: 1, h: 1 }, [{ slots, allowed, monotone }], {
    g: sum(g),
    h: sum(h),
  });
  const partition = new RowPartition(rows);
  while (growing.open.length > 0) {
    const counted = growing.counted((node) => partition.rowsOf(node).length);
    const histograms = new Map(
      counted.map((node) => [
        node,
        [histogramOf(features, slots, gradients, partition.rowsOf(node), everySlot(slots))],
      ]),
    );
    for (const [node, { feature, bin, missingLeft }] of growing.decide(histograms)) {
      const column = features.bins.subarray(feature * rows, (feature + 1) * rows);
      partition.split(node, leftBits(partition.rowsOf(node), column, bin, values[feature]!, missingLeft));
    }
  }
  return growing.tree;
}

/** A node as the rows it has, how it parts them, and what comes of it; sides in an order of their own, since naming them is free. */
type Shape =
  | { readonly rows: string; readonly cover: number; readonly value: number }
  | {
      readonly rows: string;
      readonly cover: number;
      readonly feature: number;
      readonly gain: number;
      readonly sides: readonly Shape[];
    };

const significant = (value: number) => Number(value.toPrecision(4));
const inOrder = (sides: readonly Shape[]) => [...sides].sort((a, b) => (a.rows < b.rows ? -1 : 1));

function ownShape(one: Case, tree: Tree, node: number, rows: readonly number[]): Shape {
  const leaf = tree.leaves.get(node);
  if (leaf) return { rows: rows.join(), cover: leaf.cover, value: significant(leaf.value) };
  const { feature, bin, missingLeft, gain, cover } = tree.branches.get(node)!;
  const isLeft = (row: number) => {
    const of = one.bins[feature]![row]!;
    return of === one.values[feature] ? missingLeft : of <= bin;
  };
  const side = (left: boolean) => rows.filter((row) => isLeft(row) === left);
  const sides = [
    ownShape(one, tree, leftOf(node), side(true)),
    ownShape(one, tree, rightOf(node), side(false)),
  ];
  return { rows: rows.join(), cover, feature, gain: significant(gain), sides: inOrder(sides) };
}

function theirShape(one: Case, node: number, rows: readonly number[]): Shape {
  const found = one.nodes.find((of) => of.node === node)!;
  if ('leaf' in found) return { rows: rows.join(), cover: found.cover, value: significant(found.leaf) };
  const { feature, below, missingLeft, gain, cover } = found;
  const isLeft = (row: number) => {
    const of = one.bins[feature]![row]!;
    return of === one.values[feature] ? missingLeft : of < below;
  };
  const side = (left: boolean) => rows.filter((row) => isLeft(row) === left);
  const sides = [theirShape(one, 2 * node + 1, side(true)), theirShape(one, 2 * node + 2, side(false))];
  return { rows: rows.join(), cover, feature, gain: significant(gain), sides: inOrder(sides) };
}

describe('a tree over whole gradients is the one XGBoost grows', () => {
  it.each(cases.map((one, at) => ({ at, settings: JSON.stringify(one.settings), one })))(
    'case $at: $settings',
    ({ one }) => {
      const rows = [...one.g.keys()];
      const tree = grown(one);
      expect(tree.branches.size).toBeGreaterThan(2);
      expect(ownShape(one, tree, 0, rows)).toEqual(theirShape(one, 0, rows));
    },
  );
});
