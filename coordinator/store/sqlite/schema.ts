import type { Generated } from 'kysely';
import { CodedError } from '../../../contract/index.js';
import { jobStateCheck } from '../job-states.js';
import { refuseNewer, refuseOther } from '../schema-version.js';
import type { Database } from './database.js';

export interface Tables {
  jobs: {
    job_id: string;
    state: string;
    submitted_ms: bigint | number;
    ended_ms: bigint | number | null;
    next_index: bigint | number;
  };
  events: {
    job_id: string;
    event_index: bigint | number;
    at_ms: bigint | number;
    body: string;
  };
  submissions: {
    submitter: string;
    idempotency_key: string;
    spec_digest: string;
    job_id: string;
  };
  registry: {
    seq: Generated<bigint | number>;
    at_ms: bigint | number;
    entry: string;
  };
}

/** As version 1 wrote it; kept so that every file goes the same way. */
const jobStateCheck1 = `check (state in ('awaiting-consent', 'keying', 'preparing', 'running', 'evaluating',
  'finished', 'failed', 'cancelled'))`;

const jobColumns = (stateCheck: string) => `
     job_id text primary key,
     state text not null ${stateCheck},
     submitted_ms integer not null,
     ended_ms integer,
     next_index integer not null`;

/**
 * What brings a file from one version to the next; the first makes the tables in a new file. `events` is the truth;
 * `jobs` repeats what listing and recovery look up, written in the same transaction. `submissions` holds one row per
 * idempotency key, `registry` the log of identities.
 */
const migrations: readonly (readonly string[])[] = [
  [
    `create table jobs (${jobColumns(jobStateCheck1)}) strict`,
    'create index jobs_by_age on jobs (submitted_ms desc, job_id)',
    `create table events (
     job_id text not null references jobs (job_id),
     event_index integer not null,
     at_ms integer not null,
     body text not null,
     primary key (job_id, event_index)
   ) strict, without rowid`,
    `create table submissions (
     submitter text not null,
     idempotency_key text not null,
     spec_digest text not null,
     job_id text not null references jobs (job_id),
     primary key (submitter, idempotency_key)
   ) strict, without rowid`,
    `create table registry (
     seq integer primary key autoincrement,
     at_ms integer not null,
     entry text not null
   ) strict`,
  ],
  // States of vertical jobs. SQLite changes no check of a table: the table is made anew (sqlite.org/lang_altertable §7).
  [
    `create table jobs_2 (${jobColumns(jobStateCheck)}) strict`,
    `insert into jobs_2 (job_id, state, submitted_ms, ended_ms, next_index)
     select job_id, state, submitted_ms, ended_ms, next_index from jobs`,
    'drop table jobs',
    'alter table jobs_2 rename to jobs',
    'create index jobs_by_age on jobs (submitted_ms desc, job_id)',
  ],
];

const version = migrations.length;

/** For who changes no tables. @throws {CodedError} as `refuseOther`. */
export function checkSchema(database: Database): void {
  refuseOther(database.userVersion(), version);
}

/**
 * Creates the tables in a new file and brings an older file to this version, whole or not at all.
 * @throws {CodedError} HOME_INVALID when the file was written by a newer version, INTERNAL when rows of an older one
 *   refer to jobs that are not there.
 */
export function migrate(database: Database): void {
  if (database.userVersion() === version) return;
  // Inside a transaction this has no effect, and with it on, dropping a table that others refer to fails.
  database.execute('pragma foreign_keys = off');
  try {
    database.transaction(() => {
      const current = database.userVersion();
      refuseNewer(current, version);
      for (const statement of migrations.slice(current).flat()) database.execute(statement);
      if (database.hasDanglingRows()) {
        throw new CodedError('INTERNAL', 'the database refers to jobs that are not in it');
      }
      database.execute(`pragma user_version = ${version}`);
    });
  } finally {
    database.execute('pragma foreign_keys = on');
  }
}
