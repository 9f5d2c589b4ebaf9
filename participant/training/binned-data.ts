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
import type { MeasuredModel } from './measured-model.js';

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
  /** How to know these trees again, once somebody asked. */
  measured?: MeasuredModel;
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
  const { measured, ...same } = begun;
  const isSame = begun.trees.length === forest.trees.length && measured !== undefined;
  data.binned = { ...same, trees: forest.trees, ...(isSame && { measured }) };
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
  return (
    some.length <= all.length &&
    some.every(
      ({ branches, leaves }, at) =>
        sameRows(branches, all[at]!.branches) && sameRows(leaves, all[at]!.leaves),
    )
  );
}

/** Number by number: as JSON, a hundred trees take 2 ms a level. */
function sameRows(one: readonly (readonly number[])[], other: readonly (readonly number[])[]): boolean {
  return (
    one.length === other.length &&
    one.every((row, at) => row.every((value, column) => value === other[at]![column]))
  );
}
