import { type Kysely, type Selectable, sql } from 'kysely';
import type { JobEvent, JobId } from '../../../contract/index.js';
import type { JobStateKind } from '../../rounds/index.js';
import { bodyFromText, bodyToText } from '../event-text.js';
import type { EarlierTables } from '../schema-version.js';
import type { Created, JobRow, NewJob, Store, StoreFacts } from '../store.js';
import { Database } from './database.js';
import { postgresRegistryLog } from './registry-log.js';
import { channel, newsText, notify, PostgresReplicas } from './replicas.js';
import { checkSchema, migrate, type Tables } from './schema.js';

/**
 * Opens a coordinator's store on PostgreSQL, which several coordinator processes may share.
 * @throws {CodedError} CONFIG_INVALID as `connectionOf`, COORDINATOR_UNREACHABLE, HOME_INVALID, VERSION_UNSUPPORTED where
 *   earlier tables are refused.
 */
export async function openPostgresStore(url: string, earlier: EarlierTables = 'migrate'): Promise<Store> {
  const database = new Database(url);
  try {
    await (earlier === 'migrate' ? migrate(database) : checkSchema(database));
  } catch (error) {
    await database.close();
    throw error;
  }
  const replicas = new PostgresReplicas(database);
  return {
    createJob: (job) => database.change((queries) => createJob(queries, job)),
    append: (jobId, events, state) => database.read((queries) => append(queries, jobId, events, state)),
    readEvents: (jobId, from, limit) => database.read((queries) => readEvents(queries, jobId, from, limit)),
    findJob: async (jobId) => {
      const row = await database.read((queries) =>
        queries.selectFrom('jobs').selectAll().where('job_id', '=', jobId).executeTakeFirst(),
      );
      return row && jobRow(row);
    },
    listJobs: async ({ states, limit }) => {
      const rows = await database.read((queries) =>
        queries
          .selectFrom('jobs')
          .selectAll()
          .$if(states !== undefined, (query) => query.where('state', 'in', [...(states ?? [])]))
          .orderBy('submitted_ms', 'desc')
          .orderBy('job_id')
          .limit(limit)
          .execute(),
      );
      return rows.map(jobRow);
    },
    registryLog: postgresRegistryLog(database),
    replicas,
    facts: () => database.read(factsOf),
    close: async () => {
      await replicas.close();
      await database.close();
    },
  };
}

async function factsOf(queries: Kysely<Tables>): Promise<StoreFacts> {
  const { version } = await queries.selectFrom('schema_version').select('version').executeTakeFirstOrThrow();
  const size = sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`;
  const [row] = (await size.execute(queries)).rows;
  return { kind: 'postgres', schema: version, bytes: Number(row?.bytes ?? 0) };
}

async function createJob(queries: Kysely<Tables>, job: NewJob): Promise<Created> {
  const { jobId, specDigest, submitter, idempotencyKey, first } = job;
  // As JSON: text of PostgreSQL holds no NUL and no half of a surrogate pair.
  const key = JSON.stringify(idempotencyKey);
  if (idempotencyKey !== '') {
    const place = `${submitter} ${key}`;
    await sql`select pg_advisory_xact_lock(hashtextextended(${place}, 0))`.execute(queries);
    const earlier = await queries
      .selectFrom('submissions')
      .select('spec_digest')
      .where('submitter', '=', submitter)
      .where('idempotency_key', '=', key)
      .executeTakeFirst();
    if (earlier) return earlier.spec_digest === specDigest ? 'repeated' : 'other-spec';
  }
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('jobs')
    .values({
      job_id: jobId,
      state: 'awaiting-consent',
      submitted_ms: first.atMs,
      ended_ms: null,
      next_index: 1,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) return 'replayed';
  const event = { job_id: jobId, event_index: 0, at_ms: first.atMs, body: bodyToText(first.body) };
  await queries.insertInto('events').values(event).execute();
  if (idempotencyKey !== '') {
    const row = { submitter, idempotency_key: key, spec_digest: specDigest, job_id: jobId };
    await queries.insertInto('submissions').values(row).execute();
  }
  await notify(queries, ['appended', jobId, 1]);
  return 'created';
}

async function append(
  queries: Kysely<Tables>,
  jobId: JobId,
  events: readonly JobEvent[],
  state: JobStateKind,
): Promise<boolean> {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return true;
  const ended = state === 'finished' || state === 'failed' || state === 'cancelled';
  const nextIndex = last.index + 1;
  const values = {
    indexes: events.map(({ index }) => index),
    times: events.map(({ atMs }) => atMs),
    bodies: events.map(({ body }) => bodyToText(body)),
  };
  // One statement: stored whole or not at all, whoever is there to commit. The row's lock makes a second writer wait,
  // and then find another index than it expects.
  const { rows } = await sql`
    with moved as (
      update jobs set state = ${state}, next_index = ${nextIndex}, ended_ms = ${ended ? last.atMs : null}
      where job_id = ${jobId} and next_index = ${first.index}
      returning job_id
    ), stored as (
      insert into events (job_id, event_index, at_ms, body)
      select moved.job_id, event.* from moved, unnest(
        ${values.indexes}::bigint[], ${values.times}::bigint[], ${values.bodies}::text[]
      ) as event
    )
    select pg_notify(${channel}, ${newsText(['appended', jobId, nextIndex])}) from moved`.execute(queries);
  return rows.length === 1;
}

async function readEvents(
  queries: Kysely<Tables>,
  jobId: JobId,
  from: number,
  limit: number,
): Promise<JobEvent[]> {
  const rows = await queries
    .selectFrom('events')
    .select(['event_index', 'at_ms', 'body'])
    .where('job_id', '=', jobId)
    .where('event_index', '>=', from)
    .orderBy('event_index')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ index: row.event_index, atMs: row.at_ms, body: bodyFromText(row.body) }));
}

function jobRow(row: Selectable<Tables['jobs']>): JobRow {
  return {
    jobId: row.job_id as JobId,
    state: row.state as JobStateKind,
    submittedMs: row.submitted_ms,
    endedMs: row.ended_ms ?? undefined,
    nextIndex: row.next_index,
  };
}
