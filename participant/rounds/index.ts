export type { PinnedPeer } from './checked-post.js';
export { type Duty, dutiesOf, mayReveal } from './duties.js';
export type { DutyParts } from './duty-parts.js';
export { Duties } from './perform.js';
export { JobRunner } from './runner.js';
export { JobTranscript } from './transcript.js';
