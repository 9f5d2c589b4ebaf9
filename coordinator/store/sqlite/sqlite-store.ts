import type { Selectable } from 'kysely';
import type { JobEvent, JobId } from '../../../contract/index.js';
import type { JobStateKind } from '../../rounds/index.js';
import { bodyFromText, bodyToText } from '../event-text.js';
import type { EarlierTables } from '../schema-version.js';
import type { Created, JobRow, NewJob, Store } from '../store.js';
import { Database, queries } from './database.js';
import { sqliteRegistryLog } from './registry-log.js';
import { checkSchema, migrate, type Tables } from './schema.js';

/**
 * Opens (or creates) a coordinator's database. The file's folder must exist.
 * @throws {CodedError} HOME_INVALID, VERSION_UNSUPPORTED where earlier tables are refused.
 */
export function openSqliteStore(file: string, earlier: EarlierTables = 'migrate'): Store {
  const db = new Database(file);
  try {
    if (earlier === 'migrate') migrate(db);
    else checkSchema(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    createJob: async (job) => db.transaction(() => createJob(db, job)),
    append: async (jobId, events, state) => db.transaction(() => append(db, jobId, events, state)),
    readEvents: async (jobId, from, limit) => readEvents(db, jobId, from, limit),
    findJob: async (jobId) => {
      const row = db.first(queries.selectFrom('jobs').selectAll().where('job_id', '=', jobId));
      return row && jobRow(row);
    },
    listJobs: async ({ states, limit }) => {
      const newestFirst = queries
        .selectFrom('jobs')
        .selectAll()
        .orderBy('submitted_ms', 'desc')
        .orderBy('job_id')
        .limit(limit);
      return db.all(states ? newestFirst.where('state', 'in', [...states]) : newestFirst).map(jobRow);
    },
    registryLog: sqliteRegistryLog(db),
    facts: async () => ({ kind: 'sqlite', schema: db.userVersion(), bytes: db.bytes() }),
    close: async () => db.close(),
  };
}

function createJob(db: Database, job: NewJob): Created {
  const { jobId, specDigest, submitter, idempotencyKey, first } = job;
  if (idempotencyKey !== '') {
    const earlier = db.first(
      queries
        .selectFrom('submissions')
        .select('spec_digest')
        .where('submitter', '=', submitter)
        .where('idempotency_key', '=', idempotencyKey),
    );
    if (earlier) return earlier.spec_digest === specDigest ? 'repeated' : 'other-spec';
  }
  if (db.first(queries.selectFrom('jobs').select('job_id').where('job_id', '=', jobId))) return 'replayed';
  const row = { job_id: jobId, submitted_ms: first.atMs, ended_ms: null, next_index: 1 };
  db.run(queries.insertInto('jobs').values({ ...row, state: 'awaiting-consent' }));
  insertEvents(db, jobId, [first]);
  if (idempotencyKey !== '') {
    const submission = { submitter, idempotency_key: idempotencyKey, spec_digest: specDigest, job_id: jobId };
    db.run(queries.insertInto('submissions').values(submission));
  }
  return 'created';
}

function append(db: Database, jobId: JobId, events: readonly JobEvent[], state: JobStateKind): boolean {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return true;
  const ended = state === 'finished' || state === 'failed' || state === 'cancelled';
  const updated = db.run(
    queries
      .updateTable('jobs')
      .set({ state, next_index: last.index + 1, ended_ms: ended ? last.atMs : null })
      .where('job_id', '=', jobId)
      .where('next_index', '=', first.index),
  );
  if (updated !== 1) return false;
  insertEvents(db, jobId, events);
  return true;
}

function insertEvents(db: Database, jobId: JobId, events: readonly JobEvent[]): void {
  for (const { index, atMs, body } of events) {
    const row = { job_id: jobId, event_index: index, at_ms: atMs, body: bodyToText(body) };
    db.run(queries.insertInto('events').values(row));
  }
}

function readEvents(db: Database, jobId: JobId, from: number, limit: number): JobEvent[] {
  const rows = db.all(
    queries
      .selectFrom('events')
      .select(['event_index', 'at_ms', 'body'])
      .where('job_id', '=', jobId)
      .where('event_index', '>=', from)
      .orderBy('event_index')
      .limit(limit),
  );
  return rows.map((row) => ({
    index: Number(row.event_index),
    atMs: Number(row.at_ms),
    body: bodyFromText(row.body),
  }));
}

function jobRow(row: Selectable<Tables['jobs']>): JobRow {
  return {
    jobId: row.job_id as JobId,
    state: row.state as JobStateKind,
    submittedMs: Number(row.submitted_ms),
    endedMs: row.ended_ms === null ? undefined : Number(row.ended_ms),
    nextIndex: Number(row.next_index),
  };
}
