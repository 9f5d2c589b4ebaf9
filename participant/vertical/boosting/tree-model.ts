import { join } from 'node:path';
import type { VerticalSpecOf } from '../../../contract/index.js';
import { writePrivateFile } from '../../../crypto/identity/index.js';
import {
  assignBins,
  type Calibration,
  type FeatureBins,
  type FeatureTable,
  shapeOf,
} from '../../../learning/index.js';
import { columnAt } from '../features.js';

/** How one own feature becomes a bin at scoring. */
export interface TreeFeature {
  readonly kind: 'number' | 'category';
  readonly bins: FeatureBins;
  /** Training rows of each bin: what drift is measured against. */
  readonly rows: readonly number[];
  /** Under which name the label holder knows the feature. */
  readonly code?: string;
}

/** A split by an own feature. */
export interface OwnSplit {
  /** Tree from 1 and node, as the label holder's part names it. */
  readonly id: string;
  readonly feature: string;
  /** Rows in bins up to this one are low, -1: none are. */
  readonly bin: number;
  readonly lowLeft: boolean;
  readonly missingLeft: boolean;
}

export interface ModelBranch {
  readonly node: number;
  readonly party: string;
  /** Own feature, or the code of a partner's. */
  readonly feature: string;
  readonly gain: number;
  readonly cover: number;
}

export interface ModelTree {
  readonly branches: readonly ModelBranch[];
  readonly leaves: readonly { readonly node: number; readonly value: number; readonly cover: number }[];
}

/** One party's part of boosted trees, as it stays with that party: thresholds with who owns the feature, leaves with the label holder. */
export interface TreeModel {
  readonly format: 'fedrisk/tree-model/1';
  readonly jobId: string;
  readonly name: string;
  readonly me: string;
  readonly labelHolder: string;
  readonly parties: readonly string[];
  readonly features: Readonly<Record<string, TreeFeature>>;
  readonly splits: readonly OwnSplit[];
  /** Label holder only. */
  readonly forest?: {
    readonly start: number;
    /** All trees that were grown. */
    readonly trees: readonly ModelTree[];
    /** How many of them score: those up to the least validation loss. */
    readonly used: number;
  };
  readonly calibration?: Calibration;
  readonly scaling?: VerticalSpecOf<'boosting'>['scaling'];
}

export function writeTreeModel(folder: string, model: TreeModel): void {
  writePrivateFile(join(folder, 'model.json'), JSON.stringify(model));
}

export const splitId = (tree: number, node: number) => `${tree}/${node}`;

/** Tree, from 0, and node of a split. */
export function placeOf(id: string): { readonly tree: number; readonly node: number } {
  const [tree, node] = id.split('/').map(Number) as [number, number];
  return { tree: tree - 1, node };
}

/** Own features that some split uses. */
export function partingFeatures({ splits, features }: TreeModel): string[] {
  const parting = new Set(splits.map(({ feature }) => feature));
  return Object.keys(features).filter((name) => parting.has(name));
}

/** Splits of a party, in the order in which it tells sides: the label holder's part has them by party. */
export function splitIdsOf({ trees }: NonNullable<TreeModel['forest']>, party: string): string[] {
  return trees.flatMap(({ branches }, tree) => {
    const nodes = branches.filter((branch) => branch.party === party).map(({ node }) => node);
    return nodes.sort((a, b) => a - b).map((node) => splitId(tree + 1, node));
  });
}

/** Whether a split sends a row left, by its bin of the split's feature. @param values number of value bins: others count as missing. */
export function isLeft({ bin, lowLeft, missingLeft }: OwnSplit, own: number, values: number): boolean {
  return own >= values ? missingLeft : own <= bin === lowLeft;
}

/** Which of some rows each own split sends left: split after split, a bit a row, whole bytes each. */
export function sidesOf(model: TreeModel, table: FeatureTable, rows: Uint32Array): Uint8Array {
  const bytes = Math.ceil(rows.length / 8);
  const sides = new Uint8Array(bytes * model.splits.length);
  const assigned = new Map<string, Uint8Array>();
  model.splits.forEach((split, at) => {
    const { feature } = split;
    const { bins } = model.features[feature]!;
    const of = assigned.get(feature) ?? assignBins(columnAt(table, feature, rows), bins);
    assigned.set(feature, of);
    const last = shapeOf(bins).values;
    for (let row = 0; row < rows.length; row++) {
      if (isLeft(split, of[row]!, last)) sides[at * bytes + (row >> 3)]! |= 1 << (row & 7);
    }
  });
  return sides;
}
