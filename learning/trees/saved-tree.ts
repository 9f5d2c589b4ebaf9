import type { Tree } from './tree.js';

/** A tree of one party's features as JSON, short: there are hundreds of them in every state of a job. */
export interface SavedTree {
  /** Node, feature, bin, 1 where missing values go left, gain, cover. */
  readonly branches: readonly (readonly [number, number, number, number, number, number])[];
  /** Node, value, cover. */
  readonly leaves: readonly (readonly [number, number, number])[];
}

export function savedTree({ branches, leaves }: Tree): SavedTree {
  return {
    branches: [...branches].map(([node, { feature, bin, missingLeft, gain, cover }]) => [
      ...([node, feature, bin, Number(missingLeft), gain, cover] as const),
    ]),
    // JSON has no -0.
    leaves: [...leaves].map(([node, { value, cover }]) => [node, value + 0, cover]),
  };
}

export function treeOf({ branches, leaves }: SavedTree): Tree {
  return {
    branches: new Map(
      branches.map(([node, feature, bin, missingLeft, gain, cover]) => [
        node,
        { party: 0, feature, bin, missingLeft: missingLeft === 1, gain, cover },
      ]),
    ),
    leaves: new Map(leaves.map(([node, value, cover]) => [node, { value, cover }])),
  };
}
