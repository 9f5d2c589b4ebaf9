import type { BinnedFeatures } from './histogram.js';
import { leftOf, rightOf, type Tree } from './tree.js';

/** Adds a tree of one party's features to the scores of rows, in place. */
export function addTree(logOdds: Float64Array, { rows, values, bins }: BinnedFeatures, tree: Tree): void {
  for (let row = 0; row < rows; row++) {
    let node = 0;
    for (let branch = tree.branches.get(0); branch !== undefined; branch = tree.branches.get(node)) {
      const { feature, bin, missingLeft } = branch;
      const of = bins[feature * rows + row]!;
      const left = of >= values[feature]! ? missingLeft : of <= bin;
      node = left ? leftOf(node) : rightOf(node);
    }
    logOdds[row]! += tree.leaves.get(node)!.value;
  }
}
