export { Link } from './link.js';
export { type NodeParts, ParticipantNode } from './node.js';
export type { ScoreAnswer, ScoreQuestion } from './score-wire.js';
export type { ProgressReport } from './session.js';
