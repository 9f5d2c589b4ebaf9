import type { ModelBranch, OwnSplit, TreeModel } from '../../../participant/vertical/boosting/tree-model.js';
import type { OtherModel } from './stage.js';

/** Own features as the stage deals them: Amount and Records at the bank, Age at every platform. */
const bins = {
  Amount: { kind: 'number', cuts: [1000, 5000], special: [], unseen: [], missing: true },
  Records: { kind: 'category', groups: [['no'], ['yes']], other: null, missing: true },
  Age: { kind: 'number', cuts: [30, 50], special: [], unseen: [], missing: true },
} as const;

export const treeScaling = { base: 600, odds: 20, pdo: 20 };
export const treeCalibration = { slope: 1.25, intercept: -0.5, rows: 100, bads: 20 };
export const start = -0.75;

/** Splits by who owns them; nodes of both trees. The third tree was grown, but does not score. */
const splits: Readonly<
  Record<'bank' | 'platform', readonly (readonly [string, keyof typeof bins, number])[]>
> = {
  bank: [
    ['1/1', 'Records', 0],
    ['2/0', 'Amount', 0],
  ],
  platform: [
    ['1/0', 'Age', 0],
    ['1/2', 'Age', 1],
    ['2/2', 'Age', 1],
    ['3/0', 'Age', 0],
  ],
};
export const leaves: readonly (readonly (readonly [number, number, number])[])[] = [
  [
    [3, -0.5, 30],
    [4, 0.25, 10],
    [5, 0.125, 40],
    [6, 1, 20],
  ],
  [
    [1, -0.25, 50],
    [5, 0.75, 20],
    [6, -1, 30],
  ],
  [
    [1, 9, 50],
    [2, -9, 50],
  ],
];

/** Whose features part the nodes: platforms take turns. */
export const ownerOf = (id: string, names: readonly string[]): string => {
  if (splits.bank.some(([own]) => own === id)) return names[0]!;
  const at = splits.platform.findIndex(([own]) => own === id);
  return names[1 + (at % (names.length - 1))]!;
};

/** The value of a customer's bin at a split: last is missing, which goes left at odd nodes. */
export function goesLeft(id: string, bin: number): boolean {
  const [, feature, last] = [...splits.bank, ...splits.platform].find(([own]) => own === id)!;
  const values =
    bins[feature].kind === 'number' ? bins[feature].cuts.length + 1 : bins[feature].groups.length;
  return bin >= values ? Number(id.split('/')[1]) % 2 === 1 : bin <= last;
}

export const featureAt = (id: string) => [...splits.bank, ...splits.platform].find(([own]) => own === id)![1];

/** Three trees of which two score; each party has its own part. */
export function treesOf(jobId: string, me: string, names: readonly string[]): TreeModel {
  const holds = me === names[0];
  const own = [...(holds ? splits.bank : splits.platform)].filter(([id]) => ownerOf(id, names) === me);
  const features = holds ? (['Amount', 'Records'] as const) : (['Age'] as const);
  const branches = [...splits.bank, ...splits.platform].map(
    ([id, feature]): ModelBranch & { tree: number } => {
      const [tree, node] = id.split('/').map(Number) as [number, number];
      const party = ownerOf(id, names);
      return { tree, node, party, feature: party === names[0] ? feature : 'f1', gain: 1, cover: 1 };
    },
  );
  return {
    format: 'fedrisk/tree-model/1',
    ...{ jobId, name: 'test-trees', me, labelHolder: names[0]!, parties: names },
    features: Object.fromEntries(
      features.map((name) => [
        name,
        { kind: bins[name].kind, bins: structuredClone(bins[name]) as never, rows: [30, 30, 30, 10] },
      ]),
    ),
    splits: own.map(
      ([id, feature, bin]): OwnSplit => ({
        ...{ id, feature, bin, lowLeft: true, missingLeft: Number(id.split('/')[1]) % 2 === 1 },
      }),
    ),
    ...(holds && {
      forest: {
        start,
        used: 2,
        trees: leaves.map((of, at) => ({
          branches: branches.filter(({ tree }) => tree === at + 1).map(({ tree: _, ...branch }) => branch),
          leaves: of.map(([node, value, cover]) => ({ node, value, cover })),
        })),
      },
      calibration: treeCalibration,
      scaling: treeScaling,
    }),
  };
}

/** Jobs with as few steps as trees can have. */
export const grownTrees: OtherModel = {
  job: { type: 'boosting', trees: { count: 1, depth: 1 } },
  modelOf: treesOf,
};
