export { type SenderFacts, sumOf, type UploadFacts } from './admit.js';
export { absent, owed, sumName } from './agreement.js';
export { type AddSum, type Decision, decide, type Input, open, workOf } from './decide.js';
export { mostSums } from './sequence.js';
export {
  type Agreed,
  type Charter,
  deadlineOf,
  isSumming,
  isUnfinished,
  type JobState,
  type JobStateKind,
  jobStateKinds,
  type Sum,
  type Summing,
  type Unfinished,
} from './state.js';
export { step } from './step.js';
