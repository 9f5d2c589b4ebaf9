import { Secret } from '../../contract/index.js';
import {
  addTree,
  type BinnedFeatures,
  type Forest,
  jointlyBinned,
  type Table,
  treeOf,
} from '../../learning/index.js';
import { known, type LearnerState } from './learner-state.js';

interface Scored {
  readonly features: BinnedFeatures;
  readonly labels: Uint8Array;
  /** By the first `trees` trees. */
  readonly logOdds: Float64Array;
}

/** Rows in joint bins, and their scores as far as trees are whole: what a level needs that the one before had too. */
export interface BinnedData {
  /** The bins they were made with, as JSON. */
  readonly under: string;
  readonly train: Scored;
  readonly test: Scored;
  readonly trees: Forest['trees'];
}

/** Own rows in the bins of a job with their scores by the forest so far, from what is remembered of them. */
export function binnedData(
  data: { readonly table: Table; binned?: BinnedData },
  state: LearnerState,
): BinnedData {
  const [bins, forest] = [known(state.bins), known(state.forest)];
  const under = JSON.stringify([state.hashKey, bins, forest.start]);
  const kept = data.binned?.under === under && isPrefix(data.binned.trees, forest.trees);
  const begun = kept ? data.binned! : fresh(data.table, state, under, forest.start);
  for (const tree of forest.trees.slice(begun.trees.length)) {
    for (const { logOdds, features } of [begun.train, begun.test]) addTree(logOdds, features, treeOf(tree));
  }
  data.binned = { ...begun, trees: forest.trees };
  return data.binned;
}

function fresh(table: Table, state: LearnerState, under: string, start: number): BinnedData {
  const hashKey = new Secret(Buffer.from(state.hashKey, 'hex'));
  const [train, test] = (['train', 'test'] as const).map((split): Scored => {
    const of = jointlyBinned(table, known(state.bins), hashKey, split);
    return { ...of, logOdds: new Float64Array(of.labels.length).fill(start) };
  });
  return { under, train: train!, test: test!, trees: [] };
}

function isPrefix(some: Forest['trees'], all: Forest['trees']): boolean {
  return some.length <= all.length && JSON.stringify(some) === JSON.stringify(all.slice(0, some.length));
}
