export { Link } from './link.js';
export { ParticipantNode } from './node.js';
export type { ProgressReport } from './session.js';
