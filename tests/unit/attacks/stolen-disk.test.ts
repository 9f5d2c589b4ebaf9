import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { type JobId, Secret } from '../../../contract/index.js';
import { openJournal, temporaryFolder } from './stage.js';

const jobId = 'job-0123456789abcdef0123456789abcdef' as JobId;

function holds(folder: string, bytes: Uint8Array): boolean {
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(Buffer.from(bytes)));
}

test('a concluded job leaves none of its encrypted secrets in the journal or its write-ahead log', () => {
  const folder = temporaryFolder();
  const journal = openJournal(folder);
  journal.keepJob(jobId, 'running');
  journal.keepSecret(jobId, 'sum/0', new Secret(new Uint8Array(80).fill(1)));
  const reader = new Database(join(folder, 'journal.sqlite'));
  const { box } = reader.prepare('select box from secret').get() as { box: ArrayBuffer };
  reader.close();
  const stored = new Uint8Array(box);
  expect(holds(folder, stored)).toBe(true);
  journal.conclude(jobId);
  expect(holds(folder, stored)).toBe(false);
});

test('the journal and its log files are readable by their owner only', () => {
  const folder = temporaryFolder();
  openJournal(folder).keepJob(jobId, 'running');
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
  expect(modes.length).toBeGreaterThan(1);
  expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
});
