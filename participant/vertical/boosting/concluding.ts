import { existsSync } from 'node:fs';
import { castOf } from '../../../contract/index.js';
import {
  assignBins,
  binCount,
  clearBoosting,
  countRows,
  type Importance,
  importanceOf,
  type Tree,
} from '../../../learning/index.js';
import { alignedRows, positionsOf } from '../aligning.js';
import { type Evaluation, evaluate } from '../evaluation.js';
import { columnAt } from '../features.js';
import { ownRows } from '../own-rows.js';
import { rowUse } from '../row-use.js';
import type { StepWork } from '../step-work.js';
import { readJson, workPath } from '../work-files.js';
import type { KeptSplits } from './feature-holder.js';
import { hiddenFeatures } from './hidden-features.js';
import { bestTree, finalScores, type GrownTrees, grown } from './label-holder.js';
import { boostingSpec, treeSettings } from './settings.js';
import { courseOf, type TreePoint } from './tree-course.js';
import { type OwnSplit, splitId, type TreeFeature, type TreeModel, writeTreeModel } from './tree-model.js';
import { type TreeRows, treeRows } from './tree-rows.js';

/** What a feature contributed to all trees; a partner's under its code. */
export interface FeatureImportance {
  readonly party: string;
  readonly feature: string;
  readonly splits: number;
  readonly gain: number;
  readonly cover: number;
}

/** What a boosting job leaves in its result, beside what every vertical job does. */
export interface TreeOutcome {
  readonly trees: number;
  readonly importance: readonly FeatureImportance[];
  /** Label holder only: every tree that was grown, those beyond `trees` too. */
  readonly course?: readonly TreePoint[];
  readonly evaluation?: Evaluation;
}

/** Keeps the own part of the model. */
export async function concludeTrees(work: StepWork): Promise<TreeOutcome> {
  return work.me === work.spec.labelHolder ? concludeForest(work) : concludeSplits(work);
}

async function concludeForest(work: StepWork): Promise<TreeOutcome> {
  const spec = boostingSpec(work);
  const { folder, me } = work;
  const rows = await treeRows(work);
  const forest = await grown(work);
  const used = bestTree(forest);
  const { holders } = castOf(spec);
  const parties = [me, ...holders];
  const featureName = (party: number, feature: number) =>
    party === 0 ? rows.names[feature]! : codeOf(feature);
  const trees = forest.trees.map((tree) => ({
    branches: tree.branches.map(([node, { party, feature, gain, cover }]) => ({
      ...{ node, party: parties[party] as string, feature: featureName(party, feature), gain, cover },
    })),
    leaves: tree.leaves.map(([node, leaf]) => ({ node, ...leaf })),
  }));
  const own = forest.trees.flatMap((tree, at) =>
    tree.branches
      .filter(([, { party }]) => party === 0)
      .map(
        ([node, { feature, bin, missingLeft }]): OwnSplit => ({
          ...{ id: splitId(at + 1, node), feature: rows.names[feature]!, bin, lowLeft: true, missingLeft },
        }),
      ),
  );
  const evaluation = await evaluateForest(work, rows, forest.start, used);
  writeTreeModel(folder, {
    ...(await commonModel(work, rows)),
    splits: own,
    forest: { start: forest.start, trees, used },
    ...(evaluation && { calibration: evaluation.calibration }),
    scaling: spec.scaling,
  });
  const named = ({ party, feature, ...rest }: Importance): FeatureImportance => ({
    ...{ party: parties[party] as string, feature: featureName(party, feature) },
    ...rest,
  });
  return {
    trees: used,
    importance: importanceOf(forest.trees.slice(0, used).map(asTree)).map(named),
    course: courseOf(forest),
    ...(evaluation && { evaluation }),
  };
}

async function concludeSplits(work: StepWork): Promise<TreeOutcome> {
  const { folder } = work;
  const { rows, order, falling } = await hiddenFeatures(work);
  const kept = existsSync(workPath(folder, 'tree-splits')) ? readJson<KeptSplits>(folder, 'tree-splits') : [];
  const inOrder = kept.toSorted((a, b) => a.round - b.round || a.node - b.node);
  const splits = inOrder.map(({ round, node, feature, bin, missingLeft }): OwnSplit => {
    const own = order[feature]!;
    const turned = falling[feature]!;
    return {
      ...{ id: splitId(round, node), feature: rows.names[own]!, missingLeft, lowLeft: !turned },
      // Turned bins up to `bin` are the own ones from values - 1 - bin on.
      bin: turned ? rows.features.values[own]! - 2 - bin : bin,
    };
  });
  const codes = new Map(order.map((own, feature) => [rows.names[own]!, codeOf(feature)]));
  writeTreeModel(folder, { ...(await commonModel(work, rows, codes)), splits });
  const counts = new Map<string, number>();
  for (const { feature } of splits) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const importance = [...counts].map(([feature, count]) => ({
    ...{ party: work.me as string, feature, splits: count, gain: 0, cover: 0 },
  }));
  return {
    trees: kept.reduce((most, { round }) => Math.max(most, round), 0),
    importance: importance.sort((a, b) => b.splits - a.splits || (a.feature < b.feature ? -1 : 1)),
  };
}

/** Name of a partner's feature at the label holder; its owner's part of the model says which it is. */
const codeOf = (feature: number) => `f${feature + 1}`;

async function commonModel(work: StepWork, rows: TreeRows, codes?: ReadonlyMap<string, string>) {
  const { jobId, me } = work;
  const spec = boostingSpec(work);
  const { table } = await ownRows(work);
  const aligned = await alignedRows(work);
  const training = positionsOf(aligned, rowUse.train).map((at) => aligned.rows[at]!);
  const features = rows.names.map((name, at): [string, TreeFeature] => {
    const bins = rows.bins[at]!;
    const counted = countRows(assignBins(columnAt(table, name, training), bins), binCount(bins)).rows;
    const code = codes?.get(name);
    return [name, { kind: spec.parties[me]!.features[name]!, bins, rows: counted, ...(code && { code }) }];
  });
  return {
    format: 'fedrisk/tree-model/1',
    ...{ jobId, name: spec.name, me, labelHolder: spec.labelHolder, parties: Object.keys(spec.parties) },
    features: Object.fromEntries(features),
  } satisfies Partial<TreeModel>;
}

/** The joint trees on held-out rows, calibrated on validation rows, against trees on the label holder's features alone. */
async function evaluateForest(work: StepWork, rows: TreeRows, start: number, trees: number) {
  const spec = boostingSpec(work);
  const { table } = await ownRows(work);
  const aligned = await alignedRows(work);
  const labels = Uint8Array.from(aligned.rows, (row) => table.label![row]!);
  const joint = await finalScores(work);
  const { features, monotone, training } = rows;
  const alone = clearBoosting(
    [{ features, monotone, fewestRows: 1, firstTree: 0 }],
    { labels, training },
    start,
    treeSettings(spec),
  );
  let solo = joint;
  for (let tree = 0; tree < trees; tree++) solo = alone.next().value.logOdds;
  const measured = positionsOf(aligned, rowUse.heldOut, rowUse.calibrate);
  return evaluate(
    {
      joint: Float64Array.from(measured, (at) => joint[at]!),
      solo: Float64Array.from(measured, (at) => solo[at]!),
      label: Uint8Array.from(measured, (at) => labels[at]!),
      heldOut: Uint8Array.from(measured, (at) => Number(aligned.use[at] === rowUse.heldOut)),
    },
    spec.scaling,
  );
}

function asTree({ branches, leaves }: GrownTrees['trees'][number]): Tree {
  return { branches: new Map(branches), leaves: new Map(leaves) };
}
