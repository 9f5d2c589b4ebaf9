export { type Approval, Journal, type JournalJob, type JournalJobState } from './journal.js';
