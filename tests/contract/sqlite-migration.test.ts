import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobEvent, JobId } from '../../contract/index.js';
import { openSqliteStore, type Store } from '../../coordinator/store/index.js';
import { coded } from '../support/coded.js';

/** The tables as the first release made them, copied from it: a migration must not depend on today's code. */
const version1 = `
  create table jobs (
    job_id text primary key,
    state text not null check (state in (
      'awaiting-consent', 'keying', 'preparing', 'running', 'evaluating', 'finished', 'failed', 'cancelled')),
    submitted_ms integer not null,
    ended_ms integer,
    next_index integer not null
  ) strict;
  create index jobs_by_age on jobs (submitted_ms desc, job_id);
  create table events (
    job_id text not null references jobs (job_id),
    event_index integer not null,
    at_ms integer not null,
    body text not null,
    primary key (job_id, event_index)
  ) strict, without rowid;
  create table submissions (
    submitter text not null,
    idempotency_key text not null,
    spec_digest text not null,
    job_id text not null references jobs (job_id),
    primary key (submitter, idempotency_key)
  ) strict, without rowid;
  create table registry (
    seq integer primary key autoincrement,
    at_ms integer not null,
    entry text not null
  ) strict;
  pragma user_version = 1;
`;

const jobs = [1, 2].map((n) => `job-${String(n).repeat(32)}` as JobId) as [JobId, JobId];
const digest = 'ab'.repeat(32);
const consented = (index: number): JobEvent => ({
  index,
  atMs: 1_700_000_000_000 + index,
  body: { kind: 'consented', deadlineMs: 2 ** 41 },
});

let folder: string;
let file: string;
const stores: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-migration-'));
  file = join(folder, 'coordinator.sqlite');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function open(): Store {
  const store = openSqliteStore(file);
  stores.push(store);
  return store;
}

/** Runs SQL on the file itself and gives the rows of the last statement. */
function sql(...statements: string[]): unknown[] {
  const db = new Libsql(file);
  try {
    for (const statement of statements.slice(0, -1)) db.exec(statement);
    return db.prepare(statements.at(-1)!).all();
  } finally {
    db.close();
  }
}

function writeVersion1(): void {
  const body = JSON.stringify({ kind: 'consented', deadlineMs: 2 ** 41 });
  const events = [0, 1, 2].map(
    (index) => `('${jobs[0]}', ${index}, ${1_700_000_000_000 + index}, '${body}')`,
  );
  const entry = JSON.stringify({ kind: 'revoked', atMs: 5, name: 'bank-a', reason: 'test' });
  sql(
    version1,
    `insert into jobs values ('${jobs[0]}', 'running', 1700000000000, null, 3),
                             ('${jobs[1]}', 'failed', 1700000000009, 1700000000010, 1)`,
    `insert into events values ${events.join(', ')}, ('${jobs[1]}', 0, 1700000000009, '${body}')`,
    `insert into submissions values ('ana', 'key', '${digest}', '${jobs[0]}')`,
    `insert into registry (at_ms, entry) values (5, '${entry}')`,
    'select 1',
  );
}

describe('a file of schema version 1', () => {
  it('is brought to version 2 with every row, and takes the states of vertical jobs from then on', async () => {
    writeVersion1();
    const store = open();
    expect(sql('pragma user_version')).toEqual([{ user_version: 2 }]);
    expect(await store.listJobs({ limit: 10 })).toEqual([
      { jobId: jobs[1], state: 'failed', submittedMs: 1700000000009, endedMs: 1700000000010, nextIndex: 1 },
      { jobId: jobs[0], state: 'running', submittedMs: 1700000000000, endedMs: undefined, nextIndex: 3 },
    ]);
    expect(await store.readEvents(jobs[0], 0, 10)).toEqual([0, 1, 2].map(consented));
    expect(await store.registryLog.read(-1)).toMatchObject([{ event: { kind: 'revoked', name: 'bank-a' } }]);
    const again = { specDigest: digest as never, submitter: 'ana', idempotencyKey: 'key' };
    expect(await store.createJob({ ...again, jobId: jobs[0], first: consented(0) })).toBe('repeated');
    for (const [at, state] of (['aligning', 'binning', 'fitting', 'scoring'] as const).entries()) {
      expect(await store.append(jobs[0], [consented(3 + at)], state)).toBe(true);
    }
    expect((await store.findJob(jobs[0]))?.state).toBe('scoring');
    await expect(store.append(jobs[0], [consented(7)], 'dancing' as never)).rejects.toThrow(/CHECK/);
  });

  it('keeps its index and its references, and is opened a second time as it is', async () => {
    writeVersion1();
    await open().findJob(jobs[0]);
    await open().findJob(jobs[0]);
    const names = sql("select name from sqlite_schema where name not like 'sqlite_%' order by name");
    expect(names).toEqual(
      ['events', 'jobs', 'jobs_by_age', 'registry', 'submissions'].map((name) => ({ name })),
    );
    expect(sql('select "table" from pragma_foreign_key_list(\'events\')')).toEqual([{ table: 'jobs' }]);
    expect(() => sql('pragma foreign_keys = on', `delete from jobs`, 'select 1')).toThrow(/FOREIGN KEY/);
  });

  it('stays version 1 when it is damaged', () => {
    writeVersion1();
    sql('pragma foreign_keys = off', `delete from jobs where job_id = '${jobs[1]}'`, 'select 1');
    expect(coded(() => openSqliteStore(file))).toBe('INTERNAL');
    expect(sql('pragma user_version')).toEqual([{ user_version: 1 }]);
    expect(sql('select job_id from jobs')).toEqual([{ job_id: jobs[0] }]);
  });
});

it('reveals and key commitments of 0.1 are read in the words of today', async () => {
  const frame = { sender: 'bank-a', rosterDigest: digest, signature: '0'.repeat(128) };
  const post = (body: object) => JSON.stringify({ kind: 'posted', post: { ...frame, body } });
  const [heNarrow, heWide, mac, fingerprint] = ['1', '2', '3', '4'].map((digit) => digit.repeat(64));
  const box = { $base64: Buffer.from('sealed').toString('base64') };
  const sealed = { kind: 'sealed', to: 'bank-b', sum: 7, seq: 0, last: true, enc: box, ciphertext: box };
  const rows = [
    post({ kind: 'keyCommitments', heNarrow, heWide, mac, fingerprint }),
    post({ ...sealed, purpose: 'reveal', signature: '0'.repeat(128) }),
  ];
  sql(
    version1,
    `insert into jobs values ('${jobs[0]}', 'running', 1700000000000, null, 2)`,
    `insert into events values ('${jobs[0]}', 0, 1, '${rows[0]}'), ('${jobs[0]}', 1, 2, '${rows[1]}')`,
    'select 1',
  );
  const bodies = (await open().readEvents(jobs[0], 0, 10)).map(({ body }) => body);
  expect(bodies).toMatchObject([
    { kind: 'posted', post: { body: { kind: 'keyCommitments', heNarrow, reveal: '0'.repeat(64) } } },
    {
      kind: 'posted',
      post: { body: { kind: 'reveal', sum: 7, ciphertext: new Uint8Array(Buffer.from('sealed')) } },
    },
  ]);
});

it('a file of an earlier version stays as it is when a command only looks at it', () => {
  sql(version1, 'select 1');
  expect(coded(() => openSqliteStore(file, 'refuse'))).toBe('VERSION_UNSUPPORTED');
  expect(sql('pragma user_version')).toEqual([{ user_version: 1 }]);
  open();
  stores.push(openSqliteStore(file, 'refuse'));
});

it('a file of a newer version is refused', () => {
  sql('pragma user_version = 99', 'select 1');
  expect(coded(() => openSqliteStore(file))).toBe('HOME_INVALID');
});
