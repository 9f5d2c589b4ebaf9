import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../contract/index.js';
import { backupCoordinator, coordinatorStatus, restoreCoordinator } from '../../coordinator/main.js';
import { Federation, hub } from './support/federation.js';
import { atLast, fingerprintOf, finished } from './support/outcome.js';
import { moment, Sight, sqliteTranscript, until } from './support/sight.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;
const backupPassphrase = new Secret(Buffer.from('the passphrase of the backup'));

let federation: Federation;
let undisturbed: string;

beforeAll(async () => {
  federation = await Federation.found();
  await federation.bringUp(...federation.names);
  undisturbed = fingerprintOf(await finished(federation, await federation.submit()));
}, hangMs);
afterAll(() => federation?.close());

async function backUp(name: string, withCiphertexts: boolean) {
  const file = federation.home(name);
  const report = await backupCoordinator({
    home: federation.home(hub),
    file,
    backupPassphrase,
    withCiphertexts,
  });
  return { file, report };
}

/** The machine of the coordinator burns down; another one gets its address and the backup. */
async function comeBackFrom(file: string, job: Sight): Promise<Sight> {
  const home = federation.home(hub);
  await rm(home, { recursive: true });
  await restoreCoordinator({ home, file, backupPassphrase });
  await federation.bringUp(hub);
  return new Sight(job.jobId, sqliteTranscript(home), job.homes);
}

test(
  'a coordinator that stood still between backup and restore goes on with its jobs',
  async () => {
    const job = await federation.submit();
    await moment(job, () => job.posted('contribution', 3).length > 0);
    await Promise.all(federation.names.map((name) => federation.end(name, 'SIGTERM')));
    const { file, report } = await backUp('still.backup', true);
    expect(report).toMatchObject({ database: true, ciphertexts: true, unfinishedJobs: [job.jobId] });
    await federation.kill(hub);
    const restored = await comeBackFrom(file, job);
    for (const name of federation.names) federation.start(name);
    expect(fingerprintOf(await finished(federation, restored))).toBe(undisturbed);
    restored.close();
  },
  hangMs,
);

test(
  'participants that saw more of a job than the backup has leave it with a code, and sign nothing again',
  async () => {
    const job = await federation.submit();
    await moment(job, () => job.of('sumStarted').length === 2);
    const { file, report } = await backUp('behind.backup', false);
    expect(report.ciphertexts).toBe(false);
    const saved = job.bodies.length;
    await moment(job, () => federation.names.every((name) => job.received(name, 'sumStarted', 4)));
    await federation.kill(hub);
    const restored = await comeBackFrom(file, job);
    await atLast(federation, restored);
    expect(restored.of('failed')).toMatchObject([{ code: 'TRANSCRIPT_BEHIND' }]);
    for (const name of federation.names) {
      expect(['left', 'failed']).toContain(restored.kept(name).state);
      expect(restored.kept(name).code).toBe('TRANSCRIPT_BEHIND');
    }
    for (const { sender, signature } of restored.bodies
      .slice(saved)
      .flatMap((body) => (body.kind === 'posted' ? [body.post] : []))) {
      expect(signaturesOf(federation.home(sender), job.jobId)).toContain(signature);
    }
    expect(federation.output(hub).some((line) => line.includes('"TRANSCRIPT_BEHIND"'))).toBe(true);
    restored.close();
    const next = await federation.submit();
    await atLast(federation, next);
    expect(next.state).toBe('finished');
    expect(fingerprintOf(next)).toBe(undisturbed);
  },
  hangMs,
);

test(
  'a job that its participants saw finished and the backup did not ends at once, and says why',
  async () => {
    const job = await federation.submit();
    await moment(job, () => job.of('sumStarted').length === 2);
    const { file } = await backUp('before-the-end.backup', true);
    await atLast(federation, job);
    await federation.kill(hub);
    const restored = await comeBackFrom(file, job);
    await until(() => restored.ended);
    expect(restored.of('failed')).toMatchObject([{ code: 'TRANSCRIPT_BEHIND' }]);
    for (const name of federation.names) expect(restored.kept(name)).toMatchObject({ state: 'finished' });
    restored.close();
  },
  hangMs,
);

test(
  'its operator is told what it is and does',
  async () => {
    const home = federation.home(hub);
    const running = await coordinatorStatus({ home });
    expect(running).toMatchObject({ running: true, store: 'sqlite', stalled: [], expiring: [] });
    expect(running.address).toBe(federation.address);
    expect(running.jobs.failed).toBe(2);
    await federation.end(hub, 'SIGTERM');
    expect(await coordinatorStatus({ home })).toMatchObject({ running: false, startedMs: 0, sessions: [] });
  },
  hangMs,
);

/** What a participant stored of what it says in a job: one post in each place. */
function signaturesOf(home: string, jobId: string): string[] {
  const journal = new Libsql(join(home, 'journal.sqlite'));
  try {
    const rows = journal.prepare('select json from said where job_id = ?').all(jobId) as { json: string }[];
    return rows.map(({ json }) => (JSON.parse(json) as { signature: string }).signature);
  } finally {
    journal.close();
  }
}
