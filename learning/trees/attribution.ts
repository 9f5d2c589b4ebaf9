import { leftOf, rightOf } from './tree.js';

/** A finished tree, with features numbered over all parties. */
export interface AttributedTree {
  readonly branches: readonly { readonly node: number; readonly feature: number }[];
  readonly leaves: readonly { readonly node: number; readonly value: number; readonly cover: number }[];
}

/** A feature on the way to a leaf. */
interface Step {
  readonly feature: number;
  /** Share of the training rows at its nodes that go this way, by cover: how a row goes of which the feature is unknown. */
  readonly share: number;
  readonly ways: readonly { readonly node: number; readonly left: boolean }[];
}

interface LeafPath {
  readonly tree: number;
  readonly value: number;
  readonly steps: readonly Step[];
}

/**
 * Shapley values of a score by trees, where a feature outside of a coalition sends a row both ways, by cover: those of TreeSHAP
 * (Lundberg, Erion and Lee 2018, path-dependent), leaf by leaf. A leaf takes time with the cube of its features, at most its depth.
 */
export class TreeAttribution {
  /** Mean score of the training rows, by cover; the values of a row add up to its score less this. */
  readonly mean: number;
  readonly #features: number;
  readonly #paths: readonly LeafPath[];

  /** @param features how many there are; trees number them from 0. */
  constructor(trees: readonly AttributedTree[], features: number) {
    this.#features = features;
    this.#paths = trees.flatMap((tree, at) => pathsOf(tree, at));
    this.mean = this.#paths.reduce(
      (sum, { value, steps }) => sum + steps.reduce((product, { share }) => product * share, value),
      0,
    );
  }

  /** What each feature adds to the score of a row, of which `left` says where a node sends it. */
  of(left: (tree: number, node: number) => boolean): Float64Array {
    const values = new Float64Array(this.#features);
    for (const { tree, value, steps } of this.#paths) {
      const taken = steps.map(({ ways }) => ways.every((way) => left(tree, way.node) === way.left));
      steps.forEach(({ feature, share }, own) => {
        const change = Number(taken[own]) - share;
        if (change !== 0) values[feature]! += value * change * coalitions(steps, taken, own);
      });
    }
    return values;
  }
}

/** Place k: sum over coalitions of k features. A path has no more features than a tree can be deep. */
const sums = new Float64Array(32);

/** Mean, over all orders of the features, of the share that reaches the leaf by those before `own` known and the others not. */
function coalitions(steps: readonly Step[], taken: readonly boolean[], own: number): number {
  // What does not lead to the leaf once it is known is in no coalition that reaches it.
  let unknown = 1;
  let most = 0;
  sums[0] = 1;
  for (let at = 0; at < steps.length; at++) {
    if (at === own) continue;
    const { share } = steps[at]!;
    if (!taken[at]) {
      unknown *= share;
      continue;
    }
    sums[most + 1] = sums[most]!;
    for (let size = most; size > 0; size--) sums[size] = sums[size]! * share + sums[size - 1]!;
    sums[0]! *= share;
    most += 1;
  }
  // k! (m - k - 1)! / m! for m features.
  const others = steps.length - 1;
  let weight = 1 / steps.length;
  let total = 0;
  for (let size = 0; size <= most; size++) {
    total += sums[size]! * weight;
    weight *= (size + 1) / Math.max(1, others - size);
  }
  return total * unknown;
}

function pathsOf({ branches, leaves }: AttributedTree, tree: number): LeafPath[] {
  const featureOf = new Map(branches.map(({ node, feature }) => [node, feature]));
  const covers = new Map(leaves.map(({ node, cover }) => [node, cover]));
  const cover = (node: number): number => {
    const known = covers.get(node);
    if (known !== undefined) return known;
    const sum = cover(leftOf(node)) + cover(rightOf(node));
    covers.set(node, sum);
    return sum;
  };
  return leaves.map(({ node, value }) => {
    const steps = new Map<number, { feature: number; share: number; ways: Step['ways'] }>();
    for (let child = node; child > 0; ) {
      const parent = (child - 1) >> 1;
      const feature = featureOf.get(parent)!;
      const whole = cover(parent);
      const before = steps.get(feature) ?? { feature, share: 1, ways: [] };
      steps.set(feature, {
        feature,
        // Nobody there: half of nobody goes each way.
        share: before.share * (whole > 0 ? cover(child) / whole : 0.5),
        ways: [...before.ways, { node: parent, left: child === leftOf(parent) }],
      });
      child = parent;
    }
    return { tree, value, steps: [...steps.values()] };
  });
}
