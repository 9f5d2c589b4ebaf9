import type Database from 'libsql';
import { CodedError } from '../../contract/index.js';
import { transaction } from './transaction.js';

/**
 * What brings a journal from one version to the next; forward only. The first step takes a new file and one of 0.1 alike,
 * which has these tables and says no number. The ledgers make their own tables.
 */
const migrations: readonly string[] = [
  `create table if not exists job (
  job_id text primary key,
  -- awaiting-approval, running, finished, failed, cancelled, left
  state text not null,
  code text not null default '',
  detail text not null default '',
  concluded integer not null default 0
) strict;
create table if not exists event (
  job_id text not null, idx integer not null, json text not null, primary key (job_id, idx)
) strict;
-- What we said, before it was sent: a retry resends these bytes and never computes them again.
create table if not exists said (
  job_id text not null, place text not null, json text not null, primary key (job_id, place)
) strict;
-- Protected contributions on disk, before the first byte is sent.
create table if not exists outgoing (
  job_id text not null, sum integer not null, json text not null, primary key (job_id, sum)
) strict;
-- Sealed parcels of a step on disk, the report, and what the step led to, before the first byte is sent.
create table if not exists step (
  job_id text not null, step integer not null, json text not null, primary key (job_id, step)
) strict;
-- AES-256-GCM under the journal key; wiped when the job ends, but for the key of a finished joint model. Without job: of the participant, kept for ever.
create table if not exists secret (
  job_id text not null, name text not null, box blob not null, primary key (job_id, name)
) strict;
create table if not exists approval (
  job_id text primary key,
  request text not null,
  -- asked, approved, refused
  answer text not null default 'asked',
  reason text not null default ''
) strict;
-- Static statistics that were opened, by population and survivor set (PROTOCOLS 2: differencing).
create table if not exists statistic (
  population text not null, members text not null, job_id text not null, primary key (population, members)
) strict;`,
  // Every sum with us in it instead of the first of each job, and colluders as the job's spec has them.
  `create table opened (
  population text not null,
  job_id text not null,
  sum integer not null,
  -- magnitudes, moments, update, evaluation; empty in entries of schema 1
  purpose text not null,
  -- Survivor set, by name.
  members text not null,
  colluders integer not null,
  -- Encrypted as secrets are: the model that was measured, and what it said of own rows. Null in entries of schema 1.
  shown blob,
  primary key (population, job_id, sum)
) strict;
insert into opened (population, job_id, sum, purpose, members, colluders)
  select population, job_id, 0, '', members, coalesce((
    select json_extract(json_extract(event.json, '$.submitted.specJson'), '$.colluders')
    from event where event.job_id = statistic.job_id and event.idx = 0
  ), 1)
  from statistic order by rowid;
drop table statistic;
alter table opened rename to statistic;`,
];

/** @throws {CodedError} HOME_INVALID when the file was written by a newer version. */
export function migrate(db: Database.Database): void {
  if (versionOf(db) === migrations.length) return;
  // A command may open the journal at the same moment.
  const bring = () => {
    const current = versionOf(db);
    if (current > migrations.length) {
      throw new CodedError(
        'HOME_INVALID',
        `the journal has schema ${current}, this version knows ${migrations.length}: upgrade fedrisk here`,
      );
    }
    for (const step of migrations.slice(current)) db.exec(step);
    db.exec(`pragma user_version = ${migrations.length}`);
  };
  transaction(db, bring, 'immediate');
}

function versionOf(db: Database.Database): number {
  return Number((db.prepare('pragma user_version').get() as { user_version: number }).user_version);
}
