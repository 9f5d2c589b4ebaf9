import { join } from 'node:path';
import { CodedError } from '../contract/index.js';
import { writePrivateFile } from '../crypto/identity/index.js';
import { type FeatureBins, leftOf, rightOf, shapeOf } from '../learning/index.js';
import { homeLayout } from './config.js';
import { exportedForest } from './forest-export.js';
import { splitId } from './vertical/boosting/tree-model.js';
import { readModelPart, type TreeModel, type VerticalModel } from './vertical/index.js';

/**
 * One party's part of a joint model in the documented form (docs/protocols/model-export.md), for other programs than this one. A
 * partner's splits stand in it under opaque ids, which its own part explains.
 */
export type ExportedModel = ExportedTrees | ExportedScorecard;

interface Exported {
  readonly format: 'fedrisk/exported-model/1';
  readonly job: string;
  readonly name: string;
  readonly party: string;
  /** Of vertical jobs. */
  readonly labelHolder?: string;
  readonly parties: readonly string[];
  /** Label holder only, as are intercepts, starts and leaves. */
  readonly calibration?: { readonly slope: number; readonly intercept: number };
  readonly scaling?: { readonly base: number; readonly odds: number; readonly pdo: number };
}

export interface ExportedTrees extends Exported {
  readonly kind: 'trees';
  readonly features: Readonly<Record<string, ExportedFeature>>;
  readonly splits: readonly ExportedSplit[];
  /** Of horizontal jobs: hex, under which levels of categories are hashed. */
  readonly hashKey?: string;
  readonly start?: number;
  readonly trees?: readonly (readonly ExportedNode[])[];
}

export interface ExportedFeature {
  readonly kind: 'number' | 'category';
  /** Under which the label holder knows a partner's feature. */
  readonly code?: string;
  /** Of a category: every other level counts as missing. */
  readonly levels?: readonly string[];
  /** Of a category of a horizontal job: hashes of own levels, which of all hashes are values of their own, and what the others are together. */
  readonly hashOf?: Readonly<Record<string, number>>;
  readonly hashes?: readonly number[];
  readonly others?: 'value' | 'missing';
  /** Of a number: codes that count as missing. */
  readonly special?: readonly number[];
}

/** What goes left: numbers up to, below or above a bound, some levels or hashes of levels, or all values or none. */
export type LeftValues =
  | { readonly atMost: number }
  | { readonly below: number }
  | { readonly above: number }
  | { readonly levels: readonly string[] }
  | { readonly hashes: readonly number[] }
  | { readonly values: 'all' | 'none' };

export interface ExportedSplit {
  readonly id: string;
  readonly feature: string;
  readonly left: LeftValues;
  readonly missing: 'left' | 'right';
}

/** A split, whose own party says what goes left, or a leaf. The first one is the root. */
export type ExportedNode =
  | {
      readonly id: string;
      readonly party: string;
      /** Own name, or the code of a partner's feature. */
      readonly feature: string;
      readonly left: string;
      readonly right: string;
      readonly gain: number;
      readonly cover: number;
    }
  | { readonly id: string; readonly leaf: number; readonly cover: number };

export interface ExportedScorecard extends Exported {
  readonly kind: 'scorecard';
  readonly intercept?: number;
  readonly columns: readonly {
    readonly feature: string;
    readonly kind: 'number' | 'category';
    /** Log-odds for one unit of WOE above `mean`. */
    readonly coefficient: number;
    readonly mean: number;
    readonly bins: FeatureBins;
    /** By bin; a value without a bin has WOE 0. */
    readonly woe: readonly number[];
  }[];
}

/**
 * Writes the own part of a finished vertical training or boosting job, or the trees of a horizontal one, to a file that only its owner reads;
 * an existing one is replaced whole.
 * @throws {CodedError} MODEL_UNKNOWN, CONFIG_INVALID when `out` cannot be written.
 */
export async function exportModel(order: {
  readonly home: string;
  readonly jobId: string;
  readonly out: string;
}) {
  const { home, jobId, out } = order;
  const folder = join(homeLayout(home).jobs, jobId);
  const exported = (await exportedForest(folder)) ?? exportedPart(await readModelPart(folder));
  try {
    writePrivateFile(out, `${JSON.stringify(exported, null, 2)}\n`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CodedError('CONFIG_INVALID', `--out: cannot write ${out} (${code})`, { cause });
  }
  const { format, kind, party, labelHolder } = exported;
  return { path: out, format, kind, party, ...(labelHolder !== undefined && { labelHolder }) };
}

function exportedPart(part: TreeModel | VerticalModel): ExportedModel {
  return part.format === 'fedrisk/tree-model/1' ? exportedTrees(part) : exportedScorecard(part);
}

function head({ jobId, name, me, labelHolder, parties, calibration, scaling }: TreeModel | VerticalModel) {
  return {
    format: 'fedrisk/exported-model/1' as const,
    ...{ job: jobId, name, party: me, labelHolder, parties },
    ...(calibration && { calibration: { slope: calibration.slope, intercept: calibration.intercept } }),
    ...(scaling && { scaling }),
  };
}

export function exportedTrees(model: TreeModel): ExportedTrees {
  const { features, splits, forest } = model;
  const used = forest?.trees.slice(0, forest.used);
  const scores = new Set(
    used?.flatMap(({ branches }, tree) => branches.map(({ node }) => splitId(tree + 1, node))),
  );
  return {
    ...head(model),
    kind: 'trees',
    features: Object.fromEntries(
      Object.entries(features).map(([name, { bins, code }]) => [
        name,
        { kind: bins.kind, ...(code !== undefined && { code }), ...otherValues(bins) },
      ]),
    ),
    splits: splits
      .filter(({ id }) => used === undefined || scores.has(id))
      .map(({ id, feature, bin, lowLeft, missingLeft }) => ({
        ...{ id, feature },
        left: leftValues(features[feature]!.bins, bin, lowLeft),
        missing: missingLeft ? 'left' : 'right',
      })),
    ...(forest && used && { start: forest.start, trees: used.map(nodesOf) }),
  };
}

function otherValues(bins: FeatureBins) {
  if (bins.kind === 'category') return { levels: bins.groups.flat() };
  const special = [...bins.special, ...bins.unseen];
  return special.length > 0 ? { special } : {};
}

/** Bins up to `bin` are low. */
function leftValues(bins: FeatureBins, bin: number, lowLeft: boolean): LeftValues {
  const { values } = shapeOf(bins);
  if (bin < 0 || bin >= values - 1) return { values: bin < 0 === lowLeft ? 'none' : 'all' };
  if (bins.kind === 'number') return lowLeft ? { atMost: bins.cuts[bin]! } : { above: bins.cuts[bin]! };
  return { levels: (lowLeft ? bins.groups.slice(0, bin + 1) : bins.groups.slice(bin + 1)).flat() };
}

function nodesOf(
  { branches, leaves }: NonNullable<TreeModel['forest']>['trees'][number],
  at: number,
): ExportedNode[] {
  const idOf = (node: number) => splitId(at + 1, node);
  const inner = branches.map(({ node, party, feature, gain, cover }) => ({
    node,
    ...{ id: idOf(node), party, feature, left: idOf(leftOf(node)), right: idOf(rightOf(node)), gain, cover },
  }));
  const outer = leaves.map(({ node, value, cover }) => ({ node, id: idOf(node), leaf: value, cover }));
  return [...inner, ...outer].sort((a, b) => a.node - b.node).map(({ node: _, ...rest }) => rest);
}

export function exportedScorecard(model: VerticalModel): ExportedScorecard {
  const { fit, features, me, labelHolder } = model;
  return {
    ...head(model),
    kind: 'scorecard',
    ...(me === labelHolder && { intercept: fit.intercept }),
    columns: fit.columns.map(({ name, coefficient, mean }) => {
      const { kind, bins, woe } = features[name]!;
      return { feature: name, kind, coefficient, mean, bins, woe };
    }),
  };
}
