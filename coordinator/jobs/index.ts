export { checkMayCancel, checkMayRead, checkMaySubmit, isParticipant, mayRead } from './access.js';
export { type Estimate, estimate } from './estimate.js';
export { type BookParts, JobBook } from './job-book.js';
export type { JobLog, LiveJob } from './live-job.js';
export type { KnownParty } from './participant-view.js';
export { Presence, type Progress, progressSteps } from './presence.js';
export { findRound, type RoundSources, roundView, roundViews } from './round-view.js';
export { checkParties, parseSpec } from './submission.js';
export { jobView, type ViewSources } from './view.js';
