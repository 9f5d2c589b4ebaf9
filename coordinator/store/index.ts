export { openSqliteStore } from './sqlite/sqlite-store.js';
export type { Created, JobRow, NewJob, Store } from './store.js';
