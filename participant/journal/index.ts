export { AlignmentLedger } from './alignment-ledger.js';
export { type Approval, Journal, type JournalJob, type JournalJobState, type StepNote } from './journal.js';
export { type LabelAllowance, type LabelEntry, LabelLedger, labelBudget } from './label-ledger.js';
export { type ScoreAdmission, ScoreLedger } from './score-ledger.js';
export type { OpenedSum } from './statistic-ledger.js';
