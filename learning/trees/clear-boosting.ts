import { type DrawBits, drawnColumns, draws, isDrawn, publicDraws } from './draws.js';
import { type Gradients, gradientsOf } from './gradients.js';
import { GrowingTree } from './growing-tree.js';
import {
  type BinnedFeatures,
  countSlots,
  everySlot,
  type Histogram,
  histogramOf,
  joinedGroups,
  type Slots,
  slotsOf,
} from './histogram.js';
import { leftBits, markedRows, RowPartition } from './partition.js';
import type { Monotone, TreeSettings } from './settings.js';
import type { Split } from './split.js';
import { leftOf, rightOf, type Tree } from './tree.js';

/** One party's side of a run in the clear. */
export interface ClearParty {
  readonly features: BinnedFeatures;
  readonly monotone: readonly Monotone[];
  /** Fewest rows of a node in a group of bins: 1 for whoever owns labels and features alike. */
  readonly fewestRows: number;
  /** Number of the first tree, from 0, that may use its features. */
  readonly firstTree: number;
}

export interface ClearRows {
  /** 1 bad, 0 good. */
  readonly labels: Uint8Array;
  /** 1: trees are grown on it. Others are only scored. */
  readonly training: Uint8Array;
}

/** A tree and the scores of all rows after it. */
export interface ClearTree {
  readonly tree: Tree;
  readonly logOdds: Float64Array;
}

/**
 * Boosting without encryption, all parties in one place: what an encrypted run must equal, split for split, and what one party
 * grows on its own features. The caller stops it. Party 0 is the label holder.
 */
export function* clearBoosting(
  parties: readonly ClearParty[],
  { labels, training }: ClearRows,
  start: number,
  settings: TreeSettings,
): Generator<ClearTree, never, void> {
  const logOdds = new Float64Array(labels.length).fill(start);
  const slots = parties.map(({ features }) => slotsOf(features.values));
  for (let number = 0; ; number++) {
    const sampled = sampledRows(training, settings, number);
    const rows = markedRows(Uint32Array.from(labels.keys()), sampled);
    const gradients = gradientsOf(labels, logOdds, rows, number, settings);
    const partition = new RowPartition(labels.length);
    const growing = new GrowingTree(
      settings,
      gradients.units,
      parties.map((party, at) => ({
        slots: slots[at]!,
        allowed: allowedColumns(party, settings, number),
        monotone: party.monotone,
      })),
      totalsOver(gradients, rows),
    );
    const ends = new Map<number, readonly Uint8Array[]>();
    const inSample = (node: number) => markedRows(partition.rowsOf(node), sampled);
    while (growing.open.length > 0) {
      const counted = growing.counted((node) => inSample(node).length);
      const histograms = new Map<number, readonly Histogram[]>();
      for (const node of counted) {
        const parent = (node - 1) >> 1;
        const family = node === 0 ? [0] : [leftOf(parent), rightOf(parent)];
        const groups = parties.map((party, at) =>
          groupsOf(party, slots[at]!, ends.get(parent)?.[at], family.map(inSample)),
        );
        for (const member of family) ends.set(member, groups);
        histograms.set(
          node,
          parties.map(({ features }, at) =>
            histogramOf(features, slots[at]!, gradients, inSample(node), groups[at]!),
          ),
        );
      }
      for (const [node, split] of growing.decide(histograms)) {
        partition.split(node, sides(parties[split.party]!, split, partition.rowsOf(node)));
      }
    }
    for (const [node, { value }] of growing.tree.leaves) {
      for (const row of partition.rowsOf(node)) logOdds[row]! += value;
    }
    yield { tree: growing.tree, logOdds: logOdds.slice() };
  }
}

/** Training rows that a tree is grown on, marked. */
export function sampledRows(
  training: Uint8Array,
  { rowShare, seed }: TreeSettings,
  tree: number,
  draw: DrawBits = publicDraws(seed),
): Uint8Array {
  return training.map((marked, row) =>
    Number(marked === 1 && isDrawn(rowShare, draw, draws.rows, tree, row)),
  );
}

function allowedColumns(
  { features, firstTree }: ClearParty,
  { columnShare, seed }: TreeSettings,
  tree: number,
) {
  const columns = features.values.length;
  return tree < firstTree ? new Uint8Array(columns) : drawnColumns(columns, columnShare, seed, tree);
}

function totalsOver({ g, h }: Gradients, rows: Uint32Array) {
  const totals = { g: 0, h: 0 };
  for (const row of rows) {
    totals.g += g[row]!;
    totals.h += h[row]!;
  }
  return totals;
}

function groupsOf(
  { features, fewestRows }: ClearParty,
  slots: Slots,
  parent: Uint8Array | undefined,
  family: readonly Uint32Array[],
): Uint8Array {
  if (fewestRows <= 1) return everySlot(slots);
  const counts = family.map((rows) => countSlots(features, slots, rows));
  return joinedGroups(slots, parent ?? everySlot(slots), counts, fewestRows);
}

function sides(
  { features }: ClearParty,
  { feature, bin, missingLeft }: Split,
  rows: Uint32Array,
): Uint8Array {
  const column = features.bins.subarray(feature * features.rows, (feature + 1) * features.rows);
  return leftBits(rows, column, bin, features.values[feature]!, missingLeft);
}
