export type { PinnedPeer } from './checked-post.js';
export { type Duty, dutiesOf } from './duties.js';
export { Duties, type DutyParts } from './perform.js';
export { JobRunner } from './runner.js';
export { JobTranscript } from './transcript.js';
