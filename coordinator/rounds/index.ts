export { checkCollecting, sumOf } from './admit.js';
export { owed, sumName, sumsDoneWith } from './agreement.js';
export { iterationsOf, parcelOf, stepsDoneWith, stepsSoFar } from './course.js';
export { deadlineOf, stalledUntil, wakesMs } from './deadline.js';
export { absent, type Debt } from './debt.js';
export { type AddSum, type Decision, decide, type Input, open, workOf } from './decide.js';
export type { SenderFacts, UploadFacts } from './facts.js';
export { remaining } from './leaving.js';
export {
  type Agreed,
  type Charter,
  type ClosedStep,
  type Exchanging,
  type HorizontalCharter,
  isExchanging,
  isOver,
  isSumming,
  isUnfinished,
  isVertical,
  type JobState,
  type JobStateKind,
  jobStateKinds,
  type OpenStep,
  type Sum,
  type Summing,
  type Unfinished,
  type VerticalCharter,
} from './state.js';
export { step } from './step.js';
