import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import {
  CodedError,
  type HexDigest,
  type JobId,
  type ParticipantName,
  Secret,
} from '../../../contract/index.js';
import { encryptAtRest } from '../../../crypto/identity/index.js';
import { Journal, type StepNote } from '../../../participant/journal/index.js';

const jobId = `job-${'1'.repeat(32)}` as JobId;
const key = new Secret(new Uint8Array(32).fill(7));
const note: StepNote = {
  step: 3,
  parcels: [{ to: 'platform-b' as ParticipantName, digest: 'a'.repeat(64) as HexDigest, bytes: 100 }],
  timings: [{ step: 'work', ms: 1 }],
};
const secret = (text: string) => new Secret(new Uint8Array(Buffer.from(text)));
const textOf = (kept: Secret | undefined) => kept && Buffer.from(kept.reveal()).toString();

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'journal.sqlite');
}

function opened(path: string): Journal {
  const journal = new Journal(path, key);
  onTestFinished(() => journal.close());
  return journal;
}

test('a journal of the version before vertical jobs opens, with all it holds', () => {
  const path = place();
  const old = new Database(path);
  // The tables of 0.1, word for word.
  old.exec(`
    create table job (job_id text primary key, state text not null, code text not null default '',
      detail text not null default '', concluded integer not null default 0) strict;
    create table event (job_id text not null, idx integer not null, json text not null, primary key (job_id, idx)) strict;
    create table said (job_id text not null, place text not null, json text not null, primary key (job_id, place)) strict;
    create table outgoing (job_id text not null, sum integer not null, json text not null, primary key (job_id, sum)) strict;
    create table secret (job_id text not null, name text not null, box blob not null, primary key (job_id, name)) strict;
    create table approval (job_id text primary key, request text not null, answer text not null default 'asked',
      reason text not null default '') strict;
    create table statistic (population text not null, members text not null, job_id text not null,
      primary key (population, members)) strict;
  `);
  old.prepare('insert into job (job_id, state) values (?, ?)').run(jobId, 'running');
  const box = encryptAtRest(key, `${jobId} seal-key`, Buffer.from('kept'));
  old.prepare('insert into secret (job_id, name, box) values (?, ?, ?)').run(jobId, 'seal-key', box);
  old.close();
  const journal = opened(path);
  expect(journal.job(jobId)?.state).toBe('running');
  expect(textOf(journal.secret(jobId, 'seal-key'))).toBe('kept');
  journal.keepStep(jobId, note, new Map());
  expect(journal.stepNote(jobId, 3)).toEqual(note);
});

test('the first note of a step stands, with its secrets', () => {
  const journal = opened(place());
  journal.keepStep(jobId, note, new Map([['w', secret('first')]]));
  const kept = journal.keepStep(jobId, { ...note, parcels: [] }, new Map([['w', secret('second')]]), () => {
    throw new Error('charged twice');
  });
  expect(kept).toEqual(note);
  expect(textOf(journal.stepSecrets(jobId).get('w'))).toBe('first');
});

test('a later step replaces a secret; what the spine keeps has other names', () => {
  const journal = opened(place());
  journal.keepSecret(jobId, 'seal-key', secret('key'));
  journal.keepStep(jobId, note, new Map([['seal-key', secret('one')]]));
  journal.keepStep(jobId, { ...note, step: 4 }, new Map([['seal-key', secret('two')]]));
  expect([...journal.stepSecrets(jobId).keys()]).toEqual(['seal-key']);
  expect(textOf(journal.stepSecrets(jobId).get('seal-key'))).toBe('two');
  expect(textOf(journal.secret(jobId, 'seal-key'))).toBe('key');
});

test('a charge that is refused takes note and secrets along', () => {
  const path = place();
  const journal = opened(path);
  const refuse = () => {
    throw new CodedError('LABEL_BUDGET_EXCEEDED', 'too many');
  };
  expect(() => journal.keepStep(jobId, note, new Map([['w', secret('x')]]), refuse)).toThrow(
    expect.objectContaining({ code: 'LABEL_BUDGET_EXCEEDED' }),
  );
  const again = opened(path);
  expect(again.stepNote(jobId, 3)).toBeUndefined();
  expect(again.stepSecrets(jobId).size).toBe(0);
});

test('a charge is written with the note, and survives the process', () => {
  const path = place();
  const release = {
    holder: 'platform-b' as ParticipantName,
    kind: 'binning',
    question: 'q',
    functionals: 3,
    answer: '{}',
  } as const;
  const journal = opened(path);
  journal.keepStep(jobId, note, new Map(), () => {
    journal.labels.charge('loans', jobId, [release], { budget: 3 }, 1);
    journal.alignments.begin(jobId, 'loans', ['platform-b'], 1);
  });
  const again = opened(path);
  expect(again.labels.standing('loans').spent).toBe(3);
  expect(again.alignments.used('loans', 2)).toEqual(new Map([['platform-b', 1]]));
});

test('what steps keep is encrypted on disk and gone with the job; the salt of the participant stays', () => {
  const path = place();
  const journal = opened(path);
  journal.keepStep(jobId, note, new Map([['w', secret('very-secret-weights')]]));
  const salt = Buffer.from(journal.ownSalt().reveal());
  const jobSecret = Buffer.from(journal.jobSecret(jobId).reveal());
  expect(jobSecret.equals(Buffer.from(journal.jobSecret(jobId).reveal()))).toBe(true);
  const disk = () => Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)]);
  for (const bytes of [Buffer.from('very-secret-weights'), salt, jobSecret])
    expect(disk().includes(bytes)).toBe(false);
  journal.conclude(jobId);
  expect(journal.stepSecrets(jobId).size).toBe(0);
  expect(Buffer.from(journal.jobSecret(jobId).reveal()).equals(jobSecret)).toBe(false);
  expect(Buffer.from(opened(path).ownSalt().reveal()).equals(salt)).toBe(true);
});

test('one that is opened twice in a process keeps the locks that other processes see', () => {
  const path = place();
  const journal = opened(path);
  opened(path).keepJob(jobId, 'running');
  // Only who is alone with a database gets it out of WAL mode: elsewhere the log, and what it holds, would go.
  const alone = `
    import Database from 'libsql';
    const db = new Database(process.argv[1]);
    try { console.log(db.prepare('pragma journal_mode = delete').get().journal_mode); } catch ({ code }) { console.log(code); }
  `;
  const seen = execFileSync(process.execPath, ['--input-type=module', '--eval', alone, path], {
    encoding: 'utf8',
  });
  expect(seen.trim()).toBe('SQLITE_BUSY');
  expect(journal.job(jobId)?.state).toBe('running');
});
