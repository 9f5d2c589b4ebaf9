import type { GradientUnits } from './gradients.js';
import { type Histogram, type Slots, siblingHistogram } from './histogram.js';
import { type SavedTree, savedTree, treeOf } from './saved-tree.js';
import type { Monotone, TreeSettings } from './settings.js';
import { type Bounds, bestSplit, nodeValue, type Split, type Totals, unbounded } from './split.js';
import { type Branch, depthOf, type Leaf, leftOf, rightOf, type Tree } from './tree.js';

/** A party's features, as whoever chooses splits knows them. */
export interface PartyFeatures {
  readonly slots: Slots;
  /** Features that this tree may split on. */
  readonly allowed: Uint8Array;
  readonly monotone: readonly Monotone[];
}

/** A tree on the way, as JSON. */
export interface SavedGrowth extends SavedTree {
  /** Node, sums of g and h, lower and upper bound of its value; null: none. */
  readonly open: readonly (readonly [number, number, number, number | null, number | null])[];
}

interface OpenNode {
  readonly totals: Totals;
  readonly bounds: Bounds;
}

/**
 * One tree while it grows, level by level (Chen and Guestrin 2016, depth-wise): `counted` says of which nodes histograms are needed,
 * `decide` takes them and gives the splits of the level. Where histograms come from is the caller's affair: encrypted
 * products, secure sums, or the rows themselves.
 */
export class GrowingTree {
  readonly #branches = new Map<number, Branch>();
  readonly #leaves = new Map<number, Leaf>();
  #level = new Map<number, OpenNode>();
  /** Histograms of the level above, which those of siblings are taken from. */
  #above = new Map<number, readonly Histogram[]>();

  /** @param from sums over all rows that the tree is grown on, or the tree as it was saved. */
  constructor(
    private readonly settings: TreeSettings,
    private readonly units: GradientUnits,
    private readonly parties: readonly PartyFeatures[],
    from: Totals | SavedGrowth,
  ) {
    if (!('open' in from)) {
      this.#open(new Map([[0, { totals: from, bounds: unbounded }]]));
      return;
    }
    const { branches, leaves } = treeOf(from);
    for (const [node, branch] of branches) this.#branches.set(node, branch);
    for (const [node, leaf] of leaves) this.#leaves.set(node, leaf);
    for (const [node, g, h, low, high] of from.open) {
      const bounds = { low: low ?? unbounded.low, high: high ?? unbounded.high };
      this.#level.set(node, { totals: { g, h }, bounds });
    }
  }

  /** What a tree can be resumed from, if histograms of all open nodes are given then. */
  get saved(): SavedGrowth {
    const finite = (bound: number) => (Number.isFinite(bound) ? bound : null);
    return {
      ...savedTree({ branches: this.#branches, leaves: this.#leaves }),
      open: [...this.#level].map(([node, { totals, bounds }]) => [
        ...([node, totals.g, totals.h, finite(bounds.low), finite(bounds.high)] as const),
      ]),
    };
  }

  /** Makes leaves of the nodes that are open. */
  close(): void {
    for (const [node, open] of this.#level) this.#close(node, open);
    this.#level = new Map();
  }

  /** Nodes that may still be split, by number; none when the tree is done. */
  get open(): readonly number[] {
    return [...this.#level.keys()];
  }

  /** Sums over the rows of an open node. */
  totalsOf(node: number): Totals {
    const open = this.#level.get(node);
    if (open === undefined) throw new RangeError(`node ${node} is not open`);
    return open.totals;
  }

  /**
   * Nodes whose histograms are asked for: the root, then of two siblings the smaller one by `sizeOf`, the left one of equals. The other
   * one's is the difference to their parent's, even where the smaller one is a leaf.
   */
  counted(sizeOf: (node: number) => number): readonly number[] {
    const pairs = new Set([...this.#level.keys()].map((node) => (node - 1) >> 1));
    return [...pairs].map((parent) => {
      if (parent < 0) return 0;
      return sizeOf(rightOf(parent)) < sizeOf(leftOf(parent)) ? rightOf(parent) : leftOf(parent);
    });
  }

  /**
   * Splits of the open nodes by their numbers; a node that no split improves becomes a leaf, and those of the last level do.
   * @param histograms of every counted node, one of each party.
   */
  decide(histograms: ReadonlyMap<number, readonly Histogram[]>): ReadonlyMap<number, Split> {
    const splits = new Map<number, Split>();
    const next = new Map<number, OpenNode>();
    const above = new Map<number, readonly Histogram[]>();
    for (const [node, open] of this.#level) {
      const own = this.#histogramsOf(node, histograms);
      const { totals, bounds } = open;
      const candidates = this.parties.map((party, at) => ({ ...party, histogram: own[at]! }));
      const split = bestSplit(candidates, totals, bounds, this.units, this.settings);
      if (split === undefined) {
        this.#close(node, open);
        continue;
      }
      const { party, feature, bin, missingLeft, gain, left, right, leftBounds, rightBounds } = split;
      this.#branches.set(node, { party, feature, bin, missingLeft, gain, cover: totals.h * this.units.h });
      splits.set(node, split);
      above.set(node, own);
      next.set(leftOf(node), { totals: left, bounds: leftBounds });
      next.set(rightOf(node), { totals: right, bounds: rightBounds });
    }
    this.#above = above;
    this.#open(next);
    return splits;
  }

  /** The tree, once nothing is open. */
  get tree(): Tree {
    if (this.#level.size > 0) throw new RangeError('nodes are still open');
    return { branches: this.#branches, leaves: this.#leaves };
  }

  #histogramsOf(node: number, counted: ReadonlyMap<number, readonly Histogram[]>): readonly Histogram[] {
    const own = counted.get(node);
    if (own !== undefined) return own;
    const parent = this.#above.get((node - 1) >> 1);
    const sibling = counted.get(node % 2 === 0 ? node - 1 : node + 1);
    if (parent === undefined || sibling === undefined) throw new RangeError(`no histogram of node ${node}`);
    return parent.map((of, at) => siblingHistogram(this.parties[at]!.slots, of, sibling[at]!));
  }

  /** Nodes that can have no split are leaves at once: on the last level, and too light for two children. */
  #open(nodes: ReadonlyMap<number, OpenNode>): void {
    this.#level = new Map();
    for (const [node, open] of nodes) {
      const light = open.totals.h * this.units.h < 2 * this.settings.minimumChildWeight;
      if (light || depthOf(node) >= this.settings.depth) this.#close(node, open);
      else this.#level.set(node, open);
    }
  }

  #close(node: number, { totals, bounds }: OpenNode): void {
    const value = this.settings.learningRate * nodeValue(totals, bounds, this.units, this.settings);
    this.#leaves.set(node, { value, cover: totals.h * this.units.h });
  }
}
