import { exactMetrics, lossOfBad, nodesByLevel } from '../../../learning/index.js';
import { alignedRows, positionsOf } from '../aligning.js';
import { ownRows } from '../own-rows.js';
import { rowUse } from '../row-use.js';
import type { StepWork } from '../step-work.js';
import type { GrownTrees } from './label-holder.js';

/** The model after a tree, at the label holder, which tells nobody. */
export interface CurvePoint {
  /** Mean log-loss of the training rows, all of one weight. */
  readonly trainingLoss: number;
  /** On held-out rows; absent when they lack a class. */
  readonly auc?: number;
  readonly ks?: number;
}

/** A tree, and the model after it. */
export interface TreePoint extends CurvePoint {
  /** Nodes on each level, from the root on, leaves among them. */
  readonly nodes: readonly number[];
  readonly ownSplits: number;
  readonly partnerSplits: number;
  /** Mean log-loss of the validation rows, where trees end by it. */
  readonly validationLoss?: number;
}

/** @param logOdds of all common rows after a tree. */
export async function curvePoint(work: StepWork, logOdds: Float64Array): Promise<CurvePoint> {
  const aligned = await alignedRows(work);
  const { table } = await ownRows(work);
  const labelAt = (at: number) => table.label![aligned.rows[at]!]!;
  const training = positionsOf(aligned, rowUse.train);
  const loss = training.reduce(
    (sum, at) => sum + lossOfBad(labelAt(at) === 1 ? logOdds[at]! : -logOdds[at]!),
    0,
  );
  const heldOut = positionsOf(aligned, rowUse.heldOut);
  const metrics = exactMetrics(
    Float64Array.from(heldOut, (at) => logOdds[at]!),
    Uint8Array.from(heldOut, labelAt),
  );
  return {
    trainingLoss: loss / training.length,
    ...(metrics && { auc: metrics.auc, ks: metrics.ks }),
  };
}

/** Every tree that was grown, in order. */
export function courseOf({ trees, losses, curve }: GrownTrees): TreePoint[] {
  return trees.map(({ branches, leaves }, at) => {
    const own = branches.filter(([, { party }]) => party === 0).length;
    const validationLoss = losses[at];
    return {
      ...curve[at]!,
      nodes: nodesByLevel([...branches, ...leaves].map(([node]) => node)),
      ...{ ownSplits: own, partnerSplits: branches.length - own },
      ...(validationLoss !== undefined && { validationLoss }),
    };
  });
}
