/**
 * Single scores of a joint model. The label holder asks (`openScoreService`), feature holders answer
 * (`ScoreAnswering`); docs/protocols/online-scoring.md has messages, knowledge and limits.
 */
export { type AnsweringParts, ScoreAnswering } from './answering.js';
export { type AskingParts, type JointScore, type ScoreAsked, ScoreAsking } from './asking.js';
export { copyBatchScores } from './batch-file.js';
export { openScoreService, type ServingOrder } from './serving.js';
