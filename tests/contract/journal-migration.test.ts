import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  canonicalJson,
  type HexDigest,
  type JobId,
  type Post,
  postToWire,
  Secret,
} from '../../contract/index.js';
import { encryptAtRest } from '../../crypto/identity/index.js';
import { Journal } from '../../participant/journal/index.js';
import { refuseDifferencing } from '../../participant/rounds/differencing.js';
import { coded } from '../support/coded.js';

/** The tables as 0.1 made them, copied from it: a migration must not depend on today's code. */
const released = `
  create table job (
    job_id text primary key, state text not null, code text not null default '',
    detail text not null default '', concluded integer not null default 0
  ) strict;
  create table event (job_id text not null, idx integer not null, json text not null, primary key (job_id, idx)) strict;
  create table said (job_id text not null, place text not null, json text not null, primary key (job_id, place)) strict;
  create table outgoing (job_id text not null, sum integer not null, json text not null, primary key (job_id, sum)) strict;
  create table step (job_id text not null, step integer not null, json text not null, primary key (job_id, step)) strict;
  create table secret (job_id text not null, name text not null, box blob not null, primary key (job_id, name)) strict;
  create table approval (
    job_id text primary key, request text not null, answer text not null default 'asked', reason text not null default ''
  ) strict;
  create table statistic (
    population text not null, members text not null, job_id text not null, primary key (population, members)
  ) strict;
`;
const key = new Secret(new Uint8Array(32).fill(7));
const jobId = `job-${'1'.repeat(32)}` as JobId;
const digest = 'ab'.repeat(32) as HexDigest;
const said: Post = {
  sender: 'bank-a' as never,
  rosterDigest: '',
  body: { kind: 'consent', specDigest: digest, approved: true, code: '', detail: '' },
  signature: '0'.repeat(128),
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-journal-migration-'));
  file = join(folder, 'journal.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

function sql(...statements: string[]): unknown[] {
  const db = new Libsql(file);
  try {
    for (const statement of statements.slice(0, -1)) db.exec(statement);
    return db.prepare(statements.at(-1)!).all();
  } finally {
    db.close();
  }
}

function writeReleased(): void {
  const submitted = canonicalJson({
    ...{ index: 0, atMs: 5, body: 'submitted' },
    submitted: {
      specJson: '{}',
      specDigest: digest,
      submitter: 'ana',
      organisation: 'Bank A',
      deadlineMs: 9,
    },
  });
  const box = Buffer.from(encryptAtRest(key, `${jobId} seal-key`, Buffer.from('kept'))).toString('hex');
  sql(
    released,
    `insert into job values ('${jobId}', 'running', '', '', 0)`,
    `insert into event values ('${jobId}', 0, '${submitted}')`,
    `insert into said values ('${jobId}', 'consent', '${JSON.stringify(postToWire(said))}')`,
    `insert into secret values ('${jobId}', 'seal-key', x'${box}')`,
    `insert into approval values ('${jobId}', '{"rows":3}', 'approved', 'fine')`,
    `insert into statistic values ('p', 'm', '${jobId}')`,
    'select 1',
  );
}

function withJournal<T>(work: (journal: Journal) => T): T {
  const journal = new Journal(file, key);
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

describe('a journal of 0.1', () => {
  it('is brought to the version of today with every row', () => {
    writeReleased();
    expect(sql('pragma user_version')).toEqual([{ user_version: 0 }]);
    for (let time = 0; time < 2; time++) {
      withJournal((journal) => {
        expect(journal.job(jobId)).toMatchObject({ state: 'running', concluded: false });
        expect(journal.said(jobId, 'consent')).toEqual(said);
        expect(Buffer.from(journal.secret(jobId, 'seal-key')!.reveal()).toString()).toBe('kept');
        expect(journal.approval(jobId)).toMatchObject({ answer: 'approved', reason: 'fine' });
        const [submitted] = journal.events(jobId);
        expect(submitted?.body).toMatchObject({ kind: 'submitted', submitter: 'ana' });
        // The coordinator shows the last event once more; today's reading of it must be the same event.
        expect(journal.hasEvent(jobId, submitted!)).toBe(true);
      });
      expect(sql('pragma user_version')).toEqual([{ user_version: 2 }]);
    }
    expect(sql('select population, members, colluders from statistic')).toEqual([
      { population: 'p', members: 'm', colluders: 1 },
    ]);
  });

  it('is the same as a new one afterwards', () => {
    writeReleased();
    const tables = () => sql("select name from sqlite_schema where name not like 'sqlite_%' order by name");
    withJournal(() => undefined);
    const migrated = tables();
    rmSync(file);
    withJournal(() => undefined);
    expect(tables()).toEqual(migrated);
  });
});

describe('the ledger of statistics of schema 1', () => {
  const earlier = `job-${'2'.repeat(32)}` as JobId;
  const population = 'cd'.repeat(32) as HexDigest;
  const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'bank-e'];

  function writeSchemaOne(): void {
    const submitted = canonicalJson({
      ...{ index: 0, atMs: 5, body: 'submitted' },
      submitted: { specJson: JSON.stringify({ colluders: 3 }), specDigest: digest, submitter: 'ana' },
    });
    sql(
      released,
      `insert into event values ('${jobId}', 0, '${submitted}')`,
      `insert into statistic values ('${population}', '${five.join(' ')}', '${jobId}')`,
      `insert into statistic values ('${population}', 'bank-a bank-b', '${earlier}')`,
      'pragma user_version = 1',
      'select 1',
    );
  }

  it('keeps every entry in order, with the colluders of its job where that is still known', () => {
    writeSchemaOne();
    const entry = { population, sum: 0, purpose: '' } as const;
    for (let time = 0; time < 2; time++) {
      expect(withJournal((journal) => journal.statistics.of(population))).toEqual([
        { ...entry, jobId, members: five, colluders: 3 },
        { ...entry, jobId: earlier, members: ['bank-a', 'bank-b'], colluders: 1 },
      ]);
    }
  });

  it('still refuses statistics of nearly the same participants', () => {
    writeSchemaOne();
    const now = {
      population,
      jobId: `job-${'3'.repeat(32)}` as JobId,
      sum: 0,
      purpose: 'magnitudes',
    } as const;
    const codeFor = (members: readonly string[]) =>
      withJournal((journal) => coded(() => refuseDifferencing(journal, { ...now, members, colluders: 1 })));
    expect(codeFor(five.slice(0, 4))).toBe('STATISTICS_DIFFERENCING');
    // Four more, of which three may be one coalition.
    expect(codeFor([...five, 'bank-f', 'bank-g', 'bank-h', 'bank-i'])).toBe('STATISTICS_DIFFERENCING');
    expect(codeFor(five)).toBe('no error');
  });
});

it('a journal of a newer version is refused and left as it is', () => {
  sql(released, 'pragma user_version = 99', 'select 1');
  const before = sql('select name from sqlite_schema order by name');
  expect(coded(() => new Journal(file, key))).toBe('HOME_INVALID');
  expect(sql('pragma user_version')).toEqual([{ user_version: 99 }]);
  expect(sql('select name from sqlite_schema order by name')).toEqual(before);
});
