import { CodedError, type VerticalSpec, type VerticalSpecOf } from '../../../contract/index.js';
import type { TreeSettings } from '../../../learning/index.js';

export function boostingSpec({ spec }: { readonly spec: VerticalSpec }): VerticalSpecOf<'boosting'> {
  if (spec.type !== 'boosting') throw new CodedError('INTERNAL', `a ${spec.type} job grows no trees`);
  return spec;
}

/** The spec's words as the learner has them. */
export function treeSettings({ trees }: VerticalSpecOf<'boosting'>): TreeSettings {
  const {
    count,
    rows,
    columns,
    first: _,
    groupRows: __,
    patience: ___,
    bins: ____,
    validationRows: _____,
    ...same
  } = trees;
  return { ...same, trees: count, rowShare: rows, columnShare: columns };
}

/** Nodes of a level whose histograms are asked for, at most: the root, then one of two siblings. */
export function mostCounted(level: number): number {
  return 2 ** Math.max(0, level - 1);
}
