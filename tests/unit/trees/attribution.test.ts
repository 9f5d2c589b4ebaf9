import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributedTree, leftOf, rightOf, TreeAttribution } from '../../../learning/index.js';

/** Grown at random to a depth; covers of leaves may be 0. */
const tree = (features: number, depth: number): fc.Arbitrary<AttributedTree> =>
  fc
    .array(
      fc.record({
        parts: fc.double({ min: 0, max: 1, noNaN: true }),
        feature: fc.integer({ min: 0, max: features - 1 }),
        value: fc.double({ min: -2, max: 2, noNaN: true }),
        cover: fc.integer({ min: 0, max: 40 }),
      }),
      { minLength: 2 ** (depth + 1) - 1, maxLength: 2 ** (depth + 1) - 1 },
    )
    .map((nodes) => {
      const branches: { node: number; feature: number }[] = [];
      const leaves: { node: number; value: number; cover: number }[] = [];
      const grow = (node: number, left: number) => {
        const { parts, feature, value, cover } = nodes[node]!;
        if (left === 0 || parts < 0.2) {
          leaves.push({ node, value, cover });
          return;
        }
        branches.push({ node, feature });
        grow(leftOf(node), left - 1);
        grow(rightOf(node), left - 1);
      };
      grow(0, depth);
      return { branches, leaves };
    });

/** Score of a row of which only a coalition's features are known, by walking down: unknown ones go both ways by cover. */
function expected(
  { branches, leaves }: AttributedTree,
  known: (feature: number) => boolean,
  left: (node: number) => boolean,
): number {
  const coverOf = (node: number): number =>
    leaves.find((leaf) => leaf.node === node)?.cover ?? coverOf(leftOf(node)) + coverOf(rightOf(node));
  const walk = (node: number): number => {
    const branch = branches.find((one) => one.node === node);
    if (branch === undefined) return leaves.find((leaf) => leaf.node === node)!.value;
    if (known(branch.feature)) return walk(left(node) ? leftOf(node) : rightOf(node));
    const [low, high] = [coverOf(leftOf(node)), coverOf(rightOf(node))];
    const share = low + high > 0 ? low / (low + high) : 0.5;
    return share * walk(leftOf(node)) + (1 - share) * walk(rightOf(node));
  };
  return walk(0);
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

describe('what features add to a score by trees', () => {
  it('is the Shapley value over all coalitions', () => {
    const features = 4;
    fc.assert(
      fc.property(
        fc.array(tree(features, 4), { minLength: 1, maxLength: 3 }),
        fc.array(fc.boolean(), { minLength: 93, maxLength: 93 }),
        (trees, turns) => {
          const left = (at: number, node: number) => turns[31 * at + node]!;
          const score = (coalition: number) =>
            trees.reduce(
              (sum, each, at) =>
                sum +
                expected(
                  each,
                  (feature) => ((coalition >> feature) & 1) === 1,
                  (node) => left(at, node),
                ),
              0,
            );
          const attribution = new TreeAttribution(trees, features);
          const values = attribution.of(left);
          for (let own = 0; own < features; own++) {
            let value = 0;
            for (let coalition = 0; coalition < 2 ** features; coalition++) {
              if ((coalition >> own) & 1) continue;
              const size = [...coalition.toString(2)].filter((bit) => bit === '1').length;
              const weight = (factorial(size) * factorial(features - size - 1)) / factorial(features);
              value += weight * (score(coalition | (1 << own)) - score(coalition));
            }
            expect(values[own]).toBeCloseTo(value, 9);
          }
          expect(attribution.mean).toBeCloseTo(score(0), 9);
          expect(values.reduce((sum, value) => sum + value, attribution.mean)).toBeCloseTo(score(15), 9);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is nothing for a feature that parts no node, and the whole of a stump for its own', () => {
    const stump = {
      branches: [{ node: 0, feature: 1 }],
      leaves: [
        { node: 1, value: -1, cover: 30 },
        { node: 2, value: 2, cover: 10 },
      ],
    };
    const attribution = new TreeAttribution([stump], 3);
    expect(attribution.mean).toBe(-0.25);
    expect([...attribution.of(() => true)]).toEqual([0, -0.75, 0]);
    expect([...attribution.of(() => false)]).toEqual([0, 2.25, 0]);
  });

  it('is nothing at all in a tree that is a leaf', () => {
    const attribution = new TreeAttribution([{ branches: [], leaves: [{ node: 0, value: 3, cover: 5 }] }], 2);
    expect(attribution.mean).toBe(3);
    expect([...attribution.of(() => true)]).toEqual([0, 0]);
  });
});
