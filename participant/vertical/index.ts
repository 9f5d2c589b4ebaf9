export type { TreeModel } from './boosting/tree-model.js';
export type { Evaluation } from './evaluation.js';
export { forgetJob } from './forget-job.js';
export { type ModelPart, readModelPart, type VerticalModel, wantedOf } from './model.js';
export { performStep } from './perform-step.js';
export type { FeatureResult, RowCounts, VerticalResult } from './result.js';
export type {
  InboundParcel,
  LabelBudget,
  LabelRelease,
  OutboundParcel,
  StepOutcome,
  StepWork,
  VerticalGrant,
} from './step-work.js';
export { TellingFailure } from './step-work.js';
