import type { Generated } from 'kysely';
import { CodedError } from '../../../contract/index.js';
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

/** The states of a job, as rounds/state.ts has them; a test compares the two lists. */
export const jobStateCheck = `check (state in (
  'awaiting-consent', -- consents of the named participants are on their way
  'keying',           -- roster, shared keys and mask keys are made and signed
  'preparing',        -- sums of statistics: magnitudes, moments
  'running',          -- training rounds
  'evaluating',       -- the sum that measures the final model
  'finished',         -- ended with a model
  'failed',           -- ended with a code
  'cancelled'         -- ended by a person
))`;

const version = 1;

/**
 * The tables. `events` is the truth; `jobs` repeats what listing and recovery look up, written in the same
 * transaction. `submissions` holds one row per idempotency key, `registry` the log of identities.
 */
const statements = [
  `create table jobs (
     job_id text primary key,
     state text not null ${jobStateCheck},
     submitted_ms integer not null,
     ended_ms integer,
     next_index integer not null
   ) strict`,
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
];

/**
 * Creates the tables in a new file.
 * @throws {CodedError} HOME_INVALID when the file was written by a newer version.
 */
export function migrate(database: Database): void {
  database.transaction(() => {
    const current = database.userVersion();
    if (current > version) {
      throw new CodedError(
        'HOME_INVALID',
        `the database has schema ${current}, this version knows ${version}`,
      );
    }
    if (current === version) return;
    for (const statement of statements) database.execute(statement);
    database.execute(`pragma user_version = ${version}`);
  });
}
