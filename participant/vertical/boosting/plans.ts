import { type GradientPlan, gradientPlan, openedBy } from '../../../crypto/matvec/index.js';
import { gradientLimit } from '../../../learning/index.js';
import type { StepWork } from '../step-work.js';
import { boostingSpec, mostCounted } from './settings.js';

/** The product that sums gradients of a node over the bins of a holder's features; both sides come to the same. */
export function nodePlan(work: StepWork, values: readonly number[], rows: number): GradientPlan {
  const spec = boostingSpec(work);
  const bins = values.map((count) => count + 1);
  const wantedInJob = spec.trees.count * mostCounted(spec) * openedBy(bins);
  return gradientPlan({ rows, bins, maxAbs: gradientLimit, wantedInJob });
}
