import { nodesByLevel } from '../../learning/index.js';
import type { LearnerState } from './learner-state.js';

/** A tree that participants grew together, and the model after it; the same at all of them. */
export interface JointTreePoint {
  /** Nodes on each level, from the root on, leaves among them. */
  readonly nodes: readonly number[];
  readonly splits: number;
  /** Mean log-losses over the rows of all participants; that of training rows is told when the next tree begins. */
  readonly trainingLoss?: number;
  readonly validationLoss?: number;
  /** On everybody's held-out rows. */
  readonly auc?: number;
  readonly ks?: number;
}

/** Every whole tree so far, in order; also those that are not kept. */
export function jointCourse({
  forest,
  history,
  trainLoss,
  validationLoss = [],
}: LearnerState): JointTreePoint[] {
  return (forest?.trees ?? []).map(({ branches, leaves }, at) => {
    const metrics = history.find(({ round }) => round === at + 1)?.metrics;
    const [training, validation] = [trainLoss[at + 1], validationLoss[at + 1]];
    return {
      nodes: nodesByLevel([...branches, ...leaves].map(([node]) => node)),
      splits: branches.length,
      ...(training !== undefined && { trainingLoss: training }),
      ...(validation !== undefined && validation !== null && { validationLoss: validation }),
      ...(metrics && { auc: metrics.auc, ks: metrics.ks }),
    };
  });
}
