import type { JobId } from '../../../contract/index.js';
import {
  type BinnedFeatures,
  binnedFeatures,
  type FeatureBins,
  type Monotone,
  treeBins,
} from '../../../learning/index.js';
import { alignedRows, positionsOf } from '../aligning.js';
import { columnAt } from '../features.js';
import { ownRows } from '../own-rows.js';
import { Recent } from '../recent.js';
import { rowUse } from '../row-use.js';
import type { StepWork } from '../step-work.js';
import { boostingSpec } from './settings.js';

/** A party's features over all common rows, in the joint order. */
export interface TreeRows {
  readonly names: readonly string[];
  readonly bins: readonly FeatureBins[];
  readonly features: BinnedFeatures;
  readonly monotone: readonly Monotone[];
  /** 1: trees are grown on it. */
  readonly training: Uint8Array;
}

const recent = new Recent<TreeRows>(4);

/** Own features by name; bins are made from training rows alone, without labels. */
export function treeRows(work: StepWork): Promise<TreeRows> {
  return recent.get(`${work.jobId} ${work.me}`, () => makeTreeRows(work));
}

export function forgetTreeRows(jobId: JobId): void {
  recent.forget(`${jobId} `);
}

async function makeTreeRows(work: StepWork): Promise<TreeRows> {
  const { trees, parties } = boostingSpec(work);
  const { features: kinds, monotone: asked } = parties[work.me]!;
  const { table } = await ownRows(work);
  const aligned = await alignedRows(work);
  const names = Object.keys(kinds).sort();
  const training = aligned.use.map((use) => Number(use === rowUse.train));
  const trainingRows = positionsOf(aligned, rowUse.train).map((at) => aligned.rows[at]!);
  const bins = names.map((name) => treeBins(columnAt(table, name, trainingRows), trees.bins));
  const columns = names.map((name) => columnAt(table, name, aligned.rows));
  const features = binnedFeatures(columns, bins, aligned.rows.length);
  const monotone = names.map((name) => {
    const direction = asked[name];
    return direction === undefined ? 0 : direction === 'rising' ? 1 : -1;
  });
  return { names, bins, features, monotone, training };
}
