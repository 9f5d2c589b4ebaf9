/** A node that parts its rows: values up to `bin` of a feature go left. */
export interface Branch {
  readonly party: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  /** What the split took off the loss. */
  readonly gain: number;
  readonly cover: number;
}

export interface Leaf {
  /** Log-odds that a row gets here, learning rate included. */
  readonly value: number;
  /** Sum of h, in its own unit. */
  readonly cover: number;
}

/** Nodes by number: 0 is the root, 2k + 1 and 2k + 2 are the left and right child of k. */
export interface Tree {
  readonly branches: ReadonlyMap<number, Branch>;
  readonly leaves: ReadonlyMap<number, Leaf>;
}

export function leftOf(node: number): number {
  return 2 * node + 1;
}

export function rightOf(node: number): number {
  return 2 * node + 2;
}

/** Splits on the way from the root. */
export function depthOf(node: number): number {
  return 31 - Math.clz32(node + 1);
}

/** Nodes on each level, from the root on. @param nodes numbers of all of them, leaves too. */
export function nodesByLevel(nodes: readonly number[]): number[] {
  const levels = nodes.map(depthOf);
  return Array.from({ length: 1 + Math.max(...levels) }, (_, level) =>
    levels.reduce((count, each) => count + Number(each === level), 0),
  );
}

/** How much each feature of each party contributed to trees. */
export interface Importance {
  readonly party: number;
  readonly feature: number;
  readonly splits: number;
  /** Sum over its splits. */
  readonly gain: number;
  readonly cover: number;
}

/** Features that any tree splits on, by falling gain. */
export function importanceOf(trees: readonly Tree[]): Importance[] {
  const found = new Map<string, Importance>();
  for (const { branches } of trees) {
    for (const { party, feature, gain, cover } of branches.values()) {
      const key = `${party}/${feature}`;
      const before = found.get(key) ?? { party, feature, splits: 0, gain: 0, cover: 0 };
      found.set(key, {
        ...before,
        splits: before.splits + 1,
        gain: before.gain + gain,
        cover: before.cover + cover,
      });
    }
  }
  return [...found.values()].sort((a, b) => b.gain - a.gain || a.party - b.party || a.feature - b.feature);
}
