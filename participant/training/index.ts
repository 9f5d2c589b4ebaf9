export type { JobResult, OwnMetrics } from './conclusion.js';
export { heldOutScores } from './held-out-scores.js';
export { encodeState, type LearnerState, loadState } from './learner-state.js';
export { type MeasuredModel, packShown, type ShownRows, unpackShown } from './measured-model.js';
export { type Order, WorkPool } from './pool.js';
export type { StepFailed, StepTaken } from './step-task.js';
export { createTasks, type Environment, type Results, type Task } from './tasks.js';
export { unlessAborted } from './unless-aborted.js';
