export { isPlaintext, openPostgresBlobs, openPostgresStore } from './postgres/open.js';
export type { Announcement, Lease, ReplicaListener, Replicas } from './replicas.js';
export type { EarlierTables } from './schema-version.js';
export { snapshotSqlite } from './sqlite/snapshot.js';
export { openSqliteStore } from './sqlite/sqlite-store.js';
export type { Created, JobRow, NewJob, Store, StoreFacts } from './store.js';
