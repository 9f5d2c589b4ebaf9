import { type Kysely, sql } from 'kysely';
import { jobStateCheck } from '../job-states.js';
import { refuseNewer, refuseOther } from '../schema-version.js';
import type { Database } from './database.js';

export interface Tables {
  schema_version: { version: number };
  jobs: {
    job_id: string;
    state: string;
    submitted_ms: number;
    ended_ms: number | null;
    next_index: number;
  };
  events: { job_id: string; event_index: number; at_ms: number; body: string };
  submissions: { submitter: string; idempotency_key: string; spec_digest: string; job_id: string };
  registry: { seq: number; at_ms: number; entry: string };
  leases: { job_id: string; replica: string; token: number; expires_at: Date };
  announcements: { replica: string; text: string; expires_at: Date };
  letters: { seq: number; receiver: string; sent_at: Date; body: string };
  blobs: { key: string; bytes: number };
  blob_chunks: { key: string; at: number; data: Buffer };
}

/** Numbers of advisory locks; any, as long as nobody else on this database takes them. */
export const locks = { migration: 7_265_001, registry: 7_265_002 } as const;

export type Migration = readonly string[];

/**
 * What brings a database from one version to the next. `events` is the truth; `jobs` repeats what listing and recovery
 * look up, and its `next_index` is the fencing token. `leases`, `announcements` and `letters` are talk between replicas;
 * the last two are not even written to the log of the database, so a sealed score question reaches no standby and no
 * backup of the server's files; `pg_dump` takes what lies there at the moment unless told --no-unlogged-table-data.
 * `blobs` and `blob_chunks` hold ciphertexts unless these go elsewhere.
 */
const migrations: readonly Migration[] = [
  [
    `create table jobs (
       job_id text primary key,
       state text not null ${jobStateCheck},
       submitted_ms bigint not null,
       ended_ms bigint,
       next_index bigint not null
     )`,
    'create index jobs_by_age on jobs (submitted_ms desc, job_id)',
    `create table events (
       job_id text not null references jobs (job_id),
       event_index bigint not null,
       at_ms bigint not null,
       body text not null,
       primary key (job_id, event_index)
     )`,
    `create table submissions (
       submitter text not null,
       idempotency_key text not null,
       spec_digest text not null,
       job_id text not null references jobs (job_id),
       primary key (submitter, idempotency_key)
     )`,
    'create table registry (seq bigint primary key, at_ms bigint not null, entry text not null)',
    `create table leases (
       job_id text primary key references jobs (job_id),
       replica text not null,
       token bigint not null,
       expires_at timestamptz not null
     )`,
    'create unlogged table announcements (replica text primary key, text text not null, expires_at timestamptz not null)',
    `create unlogged table letters (
       seq bigint generated always as identity primary key,
       receiver text not null,
       sent_at timestamptz not null,
       body text not null
     )`,
    'create index letters_by_receiver on letters (receiver, seq)',
  ],
  [
    // Names sort as bytes, which listing rests on.
    'create table blobs (key text collate "C" primary key, bytes bigint not null)',
    `create table blob_chunks (
       key text collate "C" not null,
       at bigint not null,
       data bytea not null,
       primary key (key, at)
     )`,
    // Ciphertexts do not get smaller.
    'alter table blob_chunks alter column data set storage external',
  ],
];

/**
 * Creates the tables in an empty database and brings an older one to this version, whole or not at all; replicas that
 * start together wait for each other. A replica that runs is not told, so a migration may only add what the version
 * before does not mind.
 * @throws {CodedError} HOME_INVALID when the database was written by a newer version.
 */
export async function migrate(database: Database, steps: readonly Migration[] = migrations): Promise<void> {
  await database.change(async (queries) => {
    await sql`select pg_advisory_xact_lock(${locks.migration})`.execute(queries);
    await sql`create table if not exists schema_version (version integer not null)`.execute(queries);
    const row = await queries.selectFrom('schema_version').select('version').executeTakeFirst();
    const current = row?.version ?? 0;
    refuseNewer(current, steps.length);
    if (current === steps.length) return;
    for (const statement of steps.slice(current).flat()) await sql.raw(statement).execute(queries);
    await writeVersion(queries, steps.length);
  });
}

/** For who changes no tables. @throws {CodedError} as `refuseOther`. */
export async function checkSchema(database: Database): Promise<void> {
  const current = await database.read(async (queries) => {
    const found = sql<{ there: boolean }>`select to_regclass('schema_version') is not null as there`;
    if (!(await found.execute(queries)).rows[0]?.there) return 0;
    return (await queries.selectFrom('schema_version').select('version').executeTakeFirst())?.version ?? 0;
  });
  refuseOther(current, migrations.length);
}

async function writeVersion(queries: Kysely<Tables>, version: number): Promise<void> {
  await queries.deleteFrom('schema_version').execute();
  await queries.insertInto('schema_version').values({ version }).execute();
}
