import { CodedError, type HorizontalSpec } from '../../contract/core.js';
import { probabilityOf } from '../metrics/elementary.js';
import type { SumPart } from '../sum-part.js';
import { sampledRows } from './clear-boosting.js';
import { type DrawBits, drawnColumns } from './draws.js';
import { gradientLimit, gradientsOf, gradientUnits } from './gradients.js';
import { groupedRows } from './grouped-rows.js';
import { GrowingTree, type SavedGrowth } from './growing-tree.js';
import {
  type BinnedFeatures,
  everySlot,
  type Histogram,
  histogramOf,
  type Slots,
  slotsOf,
} from './histogram.js';
import { type JointBins, treeModelOf } from './joint-bins.js';
import { markedRows } from './partition.js';
import { type SavedTree, savedTree, treeOf } from './saved-tree.js';
import type { Monotone, TreeSettings } from './settings.js';
import type { Totals } from './split.js';

/** Trees that several participants grow together on the same features of different rows; the same at each. Plain JSON. */
export interface Forest {
  /** Log-odds that every row starts from. */
  readonly start: number;
  readonly trees: readonly SavedTree[];
  /** The next tree, when a level of it was decided and another is to come. */
  readonly growing?: SavedGrowth;
}

/** The forest before its first tree: the share of bad rows, as log-odds. */
export function startForest({ rows, positives }: JointBins): Forest {
  // By halving, since the last bit of Math.log is the engine's.
  let [low, high] = [-40, 40];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (probabilityOf(middle) * rows < positives) low = middle;
    else high = middle;
  }
  return { start: low, trees: [] };
}

/** The spec's words as the learner has them. */
export function jointTreeSettings(spec: HorizontalSpec): TreeSettings {
  const {
    kind: _,
    bins: __,
    groupRows: ___,
    monotone: ____,
    patience: _____,
    validationRows: ______,
    rows: rowShare,
    columns: columnShare,
    ...same
  } = treeModelOf(spec);
  const { rounds: trees, seed } = spec.training;
  return { ...same, trees, rowShare, columnShare, seed };
}

/** What the trees of a job are grown under, the same at every participant. */
interface Ground {
  readonly settings: TreeSettings;
  readonly slots: Slots;
  readonly monotone: readonly Monotone[];
  /** Features that the next tree may split on. */
  readonly allowed: Uint8Array;
}

function groundOf(spec: HorizontalSpec, { features }: JointBins, tree: number): Ground {
  const settings = jointTreeSettings(spec);
  const { monotone } = treeModelOf(spec);
  const values = features.map((of) =>
    of.kind === 'number' ? of.cuts.length + 1 : of.buckets.length + Number(of.other),
  );
  return {
    settings,
    slots: slotsOf(values),
    monotone: features.map(({ name }) => {
      const way = monotone[name];
      return way === undefined ? 0 : way === 'rising' ? 1 : -1;
    }),
    allowed: drawnColumns(values.length, settings.columnShare, settings.seed, tree),
  };
}

/** Rows of one participant as its part of a level is made from them. */
export interface LevelRows {
  readonly features: BinnedFeatures;
  readonly labels: Uint8Array;
  /** 1: trees are grown on it. */
  readonly training: Uint8Array;
  /** Scores by the whole trees so far. */
  readonly logOdds: Float64Array;
  /** For sampling and rounding, the same on all levels of a tree. */
  readonly draw: DrawBits;
  /** Rows behind every number that leaves: none or at least so many. */
  readonly fewest: number;
}

/** Sums of g and h over own rows, of each open node of the next tree, of each slot of the features it may split on. */
export function levelPart(spec: HorizontalSpec, bins: JointBins, forest: Forest, own: LevelRows): SumPart {
  const { trees, growing } = forest;
  const { settings, slots, allowed } = groundOf(spec, bins, trees.length);
  const { features, labels, training, logOdds, draw, fewest } = own;
  const sampled = sampledRows(training, settings, trees.length, draw);
  const rows = markedRows(Uint32Array.from(labels.keys()), sampled);
  const gradients = gradientsOf(labels, logOdds, rows, trees.length, settings, draw);
  const { branches } = growing ? treeOf(growing) : { branches: new Map() };
  const nodes = groupedRows(features, slots, rows, branches, fewest);
  const wanted = growing ? growing.open.map(([node]) => node) : [0];
  const places = placesOfColumns(slots, allowed);
  const values = new Float64Array(2 * places.length * wanted.length);
  wanted.forEach((node, at) => {
    const { rows: inNode, ends } = nodes.get(node)!;
    const { g, h } = histogramOf(features, slots, gradients, inNode, ends);
    const start = 2 * places.length * at;
    places.forEach((slot, k) => {
      values[start + k] = g[slot]!;
      values[start + places.length + k] = h[slot]!;
    });
  });
  return { values, maxAbs: gradientLimit * spec.update.rowsCap };
}

/** Length of everybody's part of the next level. */
export function levelLength(spec: HorizontalSpec, bins: JointBins, { trees, growing }: Forest): number {
  const { slots, allowed } = groundOf(spec, bins, trees.length);
  return 2 * placesOfColumns(slots, allowed).length * (growing ? growing.open.length : 1);
}

/**
 * What the sums of a level lead to: its splits, and a whole tree once none is open. Every participant computes the same from the
 * same integers, by sums, products and quotients in a fixed order.
 * @throws {CodedError} SUM_MALFORMED.
 */
export function levelDecided(
  spec: HorizontalSpec,
  bins: JointBins,
  forest: Forest,
  sums: Float64Array,
): Forest {
  const { trees, growing, start } = forest;
  if (sums.length !== levelLength(spec, bins, forest)) {
    throw new CodedError('SUM_MALFORMED', `sums of ${sums.length} values for a level of a tree`);
  }
  const { settings, slots, monotone, allowed } = groundOf(spec, bins, trees.length);
  const places = placesOfColumns(slots, allowed);
  const ends = everySlot(slots);
  const histograms = (growing ? growing.open.map(([node]) => node) : [0]).map(
    (node, at): readonly [number, readonly Histogram[]] => {
      const [g, h] = [new Float64Array(slots.length), new Float64Array(slots.length)];
      const from = 2 * places.length * at;
      places.forEach((slot, k) => {
        g[slot] = sums[from + k]!;
        h[slot] = sums[from + places.length + k]!;
      });
      return [node, [{ g, h, ends }]];
    },
  );
  const tree = new GrowingTree(
    settings,
    gradientUnits(settings),
    [{ slots, allowed, monotone }],
    growing ?? totalsOf(histograms[0]![1][0]!, slots, allowed),
  );
  if (tree.open.length > 0) tree.decide(new Map(histograms));
  return tree.open.length > 0
    ? { start, trees, growing: tree.saved }
    : { start, trees: [...trees, savedTree(tree.tree)] };
}

/** The forest when no more levels of its growing tree come: what was open are leaves. */
export function closedForest(spec: HorizontalSpec, bins: JointBins, forest: Forest): Forest {
  const { growing, trees, start } = forest;
  if (growing === undefined) return forest;
  const { settings, slots, monotone, allowed } = groundOf(spec, bins, trees.length);
  const tree = new GrowingTree(settings, gradientUnits(settings), [{ slots, allowed, monotone }], growing);
  tree.close();
  return { start, trees: [...trees, savedTree(tree.tree)] };
}

/** Sums over the root: every row is in one slot of each feature. */
function totalsOf({ g, h }: Histogram, { starts, values }: Slots, allowed: Uint8Array): Totals {
  const feature = allowed.indexOf(1);
  const [start, end] = [starts[feature]!, starts[feature]! + values[feature]! + 1];
  const total = (of: Float64Array) => of.subarray(start, end).reduce((sum, value) => sum + value, 0);
  return { g: total(g), h: total(h) };
}

/** Slots of the features that a tree may split on. */
function placesOfColumns({ starts, values }: Slots, allowed: Uint8Array): Uint32Array {
  const places = starts.flatMap((start, feature) =>
    allowed[feature] === 1 ? Array.from({ length: values[feature]! + 1 }, (_, at) => start + at) : [],
  );
  return Uint32Array.from(places);
}
