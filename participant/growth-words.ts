import type { VerticalSpecOf } from '../contract/index.js';

type Growth = Omit<VerticalSpecOf<'boosting'>['trees'], 'count' | 'first' | 'oneSide' | 'seed'>;

/** How trees were grown, in words; what does nothing is left out. @param monotone constraints, each in words. */
export function growthWords(
  trees: Growth,
  most: number,
  monotone: readonly string[],
): Record<string, string> {
  return {
    'Most trees': `${most}, of depth ${trees.depth}, each with weight ${trees.learningRate}`,
    Penalties: `L1 ${trees.l1}, L2 ${trees.l2}, least gain ${trees.gamma}, least child weight ${trees.minimumChildWeight}`,
    Bins: `at most ${trees.bins} a feature; groups of at least ${trees.groupRows} customers of a party are summed`,
    ...((trees.rows < 1 || trees.columns < 1) && {
      Sampling: `${percent(trees.rows)} of the customers and ${percent(trees.columns)} of the features in each tree`,
    }),
    ...(trees.badWeight !== 1 && { 'Weight of a bad customer': String(trees.badWeight) }),
    ...(monotone.length > 0 && { 'Risk goes with': monotone.join(', ') }),
    'Ends early':
      trees.patience > 0
        ? `when the loss of ${trees.validationRows} validation customers has not fallen for ${trees.patience} trees`
        : 'no',
  };
}

export const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
