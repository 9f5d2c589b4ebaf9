import {
  drawnColumns,
  everySlot,
  type Gradients,
  GrowingTree,
  gradientsOf,
  type Histogram,
  histogramOf,
  leftBits,
  type Monotone,
  markedRows,
  RowPartition,
  type Slots,
  type Split,
  sampledRows,
  slotsOf,
  type Tree,
  type TreeSettings,
} from '../../../learning/index.js';
import type { TreeRows } from './tree-rows.js';

/** Features of a partner as the label holder knows them. */
export interface PartnerFeatures {
  readonly holder: string;
  readonly values: readonly number[];
  readonly monotone: readonly Monotone[];
}

/** One tree at the label holder, while it grows. Party 0 of its splits is the label holder, the others follow in order. */
export class LabelTree {
  readonly #gradients: Gradients;
  readonly #growing: GrowingTree;
  readonly #partition: RowPartition;
  readonly #sampled: Uint8Array;
  readonly #slots: Slots;
  /** Groups of each partner's slots in counted nodes and their siblings. */
  readonly #groups = new Map<number, readonly Uint8Array[]>();
  /** Splits of the level, until their sides are known. */
  #pending: ReadonlyMap<number, Split> = new Map();

  /** @param number from 0. */
  constructor(
    private readonly rows: TreeRows,
    labels: Uint8Array,
    logOdds: Float64Array,
    partners: readonly PartnerFeatures[],
    settings: TreeSettings,
    number: number,
  ) {
    this.#sampled = sampledRows(rows.training, settings, number);
    const inSample = markedRows(Uint32Array.from(labels.keys()), this.#sampled);
    this.#gradients = gradientsOf(labels, logOdds, inSample, number, settings);
    this.#partition = new RowPartition(labels.length);
    this.#slots = slotsOf(rows.features.values);
    const own = { values: rows.features.values, monotone: rows.monotone };
    const parties = [own, ...partners].map(({ values, monotone }) => ({
      slots: slotsOf(values),
      allowed: drawnColumns(values.length, settings.columnShare, settings.seed, number),
      monotone,
    }));
    const totals = { g: 0, h: 0 };
    for (const row of inSample) {
      totals.g += this.#gradients.g[row]!;
      totals.h += this.#gradients.h[row]!;
    }
    this.#growing = new GrowingTree(settings, this.#gradients.units, parties, totals);
  }

  get open(): boolean {
    return this.#growing.open.length > 0;
  }

  /** Nodes whose histograms are needed, with the rows that count in them. */
  counted(): { readonly node: number; readonly rows: Uint32Array }[] {
    const inSample = (node: number) => markedRows(this.#partition.rowsOf(node), this.#sampled);
    return this.#growing
      .counted((node) => inSample(node).length)
      .map((node) => ({ node, rows: inSample(node) }));
  }

  /** g and h of some rows. */
  gradientsOf(rows: Uint32Array): Pick<Gradients, 'g' | 'h'> {
    const of = (all: Int8Array) => {
      const some = new Int8Array(rows.length);
      for (let at = 0; at < rows.length; at++) some[at] = all[rows[at]!]!;
      return some;
    };
    return { g: of(this.#gradients.g), h: of(this.#gradients.h) };
  }

  /** Number of rows of a node, counted or not. */
  sizeOf(node: number): number {
    return this.#partition.rowsOf(node).length;
  }

  /** Groups of a partner's slots in the parent of a node, which those of the node can only join; none above the root. */
  groupsAbove(node: number, partner: number): Uint8Array | undefined {
    return this.#groups.get((node - 1) >> 1)?.[partner];
  }

  /** Takes the partners' histograms of all counted nodes, and gives the splits of the level. */
  decide(partners: ReadonlyMap<number, readonly Histogram[]>): ReadonlyMap<number, Split> {
    const ends = everySlot(this.#slots);
    const { features } = this.rows;
    for (const [node, histograms] of partners) {
      const groups = histograms.map((of) => of.ends);
      for (const member of node === 0 ? [0] : [node, siblingOf(node)]) this.#groups.set(member, groups);
    }
    const all = new Map(
      this.counted().map(({ node, rows }) => [
        node,
        [histogramOf(features, this.#slots, this.#gradients, rows, ends), ...(partners.get(node) ?? [])],
      ]),
    );
    this.#pending = this.#growing.decide(all);
    return this.#pending;
  }

  /** Splits whose rows are still to be parted, by node. */
  get pending(): ReadonlyMap<number, Split> {
    return this.#pending;
  }

  /** Parts the rows of the level's splits; partners told which of theirs go left. Gives the bits of all of them. */
  part(told: ReadonlyMap<number, Uint8Array>): ReadonlyMap<number, Uint8Array> {
    const sides = new Map<number, Uint8Array>();
    for (const [node, split] of this.#pending) {
      const bits = split.party === 0 ? this.#ownSide(node, split) : told.get(node);
      if (bits === undefined) throw new RangeError(`nobody told the sides of node ${node}`);
      this.#partition.split(node, bits);
      sides.set(node, bits);
    }
    this.#pending = new Map();
    return sides;
  }

  /** The finished tree; its leaves are added to the scores of all rows. */
  finish(logOdds: Float64Array): Tree {
    const { tree } = this.#growing;
    for (const [node, { value }] of tree.leaves) {
      for (const row of this.#partition.rowsOf(node)) logOdds[row]! += value;
    }
    return tree;
  }

  #ownSide(node: number, { feature, bin, missingLeft }: Split): Uint8Array {
    const { features } = this.rows;
    const column = features.bins.subarray(feature * features.rows, (feature + 1) * features.rows);
    return leftBits(this.#partition.rowsOf(node), column, bin, features.values[feature]!, missingLeft);
  }
}

function siblingOf(node: number): number {
  return node % 2 === 0 ? node - 1 : node + 1;
}
