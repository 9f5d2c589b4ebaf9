import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import type { JobId, ParticipantName } from '../../../contract/index.js';
import { homeLayout } from '../../../participant/config.js';
import { Journal } from '../../../participant/journal/index.js';
import * as participantDoor from '../../../participant/main.js';
import { envelope, longLines, type Run, runHere, type Start, startProcess } from './harness.js';
import { Hub } from './hub.js';

let hub: Hub;
let node: Start;

beforeAll(async () => {
  hub = await Hub.open();
  await hub.enrol('bank-a', 'bank', 'Bank A');
  await hub.enrol('bank-b', 'bank', 'Bank B');
  await hub.enrol('shop', 'platform', 'Shop');
  await hub.enrol('ann', 'scientist', 'Bank A');
});
afterAll(async () => {
  node?.child.kill('SIGKILL');
  await hub.close();
});

/** The same command for people. */
async function forPeople(...words: string[]): Promise<Run> {
  return runHere([...words, '--home', hub.homeOf('bank-a')], { participant: participantDoor });
}

async function giveData(rows: string): Promise<void> {
  const folder = join(hub.homeOf('bank-a'), 'datasets');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'loans.csv'), `id,age,bad\n${rows}`);
  await writeFile(
    join(folder, 'loans.yaml'),
    `{ dataset: loans, source: { csv: loans.csv }, id: id, label: { column: bad, bad: 1, good: 0 },
       features: { age: { column: age, type: number, min: 18, max: 120 } } }`,
  );
}

const manyRows = Array.from(
  { length: 400 },
  (_, id) => `${id},${20 + (id % 50)},${id % 3 === 0 ? 1 : 0}\n`,
).join('');

describe('a participant and its operator, by the executable', () => {
  it('status shows the identity key that peers compare', async () => {
    const status = envelope(await hub.as('bank-a', 'participant', 'status')).data;
    expect(status).toMatchObject({
      name: 'bank-a',
      role: 'bank',
      running: false,
      waitingApprovals: 0,
      jobs: [],
    });
    const page = await forPeople('participant', 'status');
    expect(page.stdout).toContain(`identity key    ${status.identityKey}`);
    expect(longLines(page.stdout)).toEqual([]);
  });

  it('peers are pinned by the key they told, and by no other', async () => {
    const keyOf = async (name: string) =>
      envelope(await hub.as(name, 'participant', 'status')).data.identityKey;
    const trust = (name: string, organisation: string, key: string) =>
      hub.as('bank-a', 'participant', 'peers', 'trust', name, '--organisation', organisation, '--key', key);
    const wrong = await trust('bank-b', 'Bank B', await keyOf('shop'));
    expect([wrong.exit, envelope(wrong).error.code]).toEqual([exitCodes.protocol, 'PEER_KEY_CHANGED']);
    const spoken = (await keyOf('bank-b')).slice(0, 32).toUpperCase().match(/.{4}/g).join(' ');
    expect((await trust('bank-b', 'Bank B', spoken)).exit).toBe(0);
    expect((await trust('shop', 'Shop', await keyOf('shop'))).exit).toBe(0);
    const { peers } = envelope(await hub.as('bank-a', 'participant', 'peers', 'list')).data;
    expect(peers.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`)).toEqual([
      'bank-b pinned',
      'shop pinned',
    ]);
    expect(longLines((await forPeople('participant', 'peers', 'list')).stdout)).toEqual([]);
  });

  it('datasets check reports what is there and fails for what does not fit', async () => {
    await giveData('1,17,0\n2,40,1\n3,x,0\n');
    const bad = await hub.as('bank-a', 'participant', 'datasets', 'check');
    expect(bad.exit).toBe(exitCodes.input);
    expect(envelope(bad).error.code).toBe('DATASET_TYPE');
    expect(envelope(bad).data.datasets[0].problems.length).toBeGreaterThan(0);
    await giveData(manyRows);
    const good = await forPeople('participant', 'datasets', 'check', 'loans');
    expect(good).toMatchObject({ exit: 0, stderr: '' });
    expect(good.stdout).toMatch(/age +number +- +20 to 69, mean 44\.\d+/);
    expect(longLines(good.stdout)).toEqual([]);
    const none = await hub.as('bank-a', 'participant', 'datasets', 'check', 'merchants');
    expect([none.exit, envelope(none).error.code]).toEqual([exitCodes.missing, 'DATASET_UNKNOWN']);
  });

  it('datasets check takes a dataset without label, and says how its ids are normalised', async () => {
    await writeFile(join(hub.homeOf('shop'), 'unlabelled.csv'), 'key,age\n a1,30\nＢ２,40\n');
    await mkdir(join(hub.homeOf('shop'), 'datasets'), { recursive: true });
    await writeFile(
      join(hub.homeOf('shop'), 'datasets', 'customers.yaml'),
      `{ dataset: customers, source: { csv: ../unlabelled.csv },
         id: { column: key, normalise: [nfkc, trim, uppercase] },
         features: { age: { column: age, type: number } } }`,
    );
    const page = await runHere(['participant', 'datasets', 'check', '--home', hub.homeOf('shop')], {
      participant: participantDoor,
    });
    expect(page).toMatchObject({ exit: 0, stderr: '' });
    expect(page.stdout).toMatch(/rows +2\n/);
    expect(page.stdout).toMatch(/label +none: brings features to vertical jobs only/);
    expect(page.stdout).toMatch(/customer key +key, by nfkc, trim, uppercase/);
    expect(page.stdout).not.toMatch(/held out|bad/);
    expect(longLines(page.stdout)).toEqual([]);
  });

  it('labels shows budget, releases and waivers, from the ledger in the journal', async () => {
    const before = envelope(await hub.as('bank-a', 'labels')).data.labels;
    expect(before).toMatchObject([
      { dataset: 'loans', labels: { rows: 400, bad: 134 }, budget: 8, spent: 0 },
    ]);
    expect(before[0].releases).toEqual([]);
    expect((await forPeople('labels')).stdout).toContain('Nothing was released of it.');

    const home = hub.homeOf('bank-a');
    const { participant } = await participantDoor.homeCredentials({ home });
    const journal = new Journal(homeLayout(home).journal, participant!.journalKey);
    const told = (question: string, functionals: number) => [
      { holder: 'shop' as ParticipantName, kind: 'binning' as const, question, functionals, answer: '{}' },
    ];
    const jobs = ['1', '2'].map((digit) => `job-${digit.repeat(32)}` as JobId);
    const atMs = Date.UTC(2026, 2, 1);
    const waiver = 'J. Doe, CRO: pilot with an audited partner';
    journal.labels.charge('loans', jobs[0]!, told('a', 6), { budget: 8 }, atMs);
    journal.labels.charge('loans', jobs[1]!, told('b', 5), { budget: 8, waiver }, atMs);
    journal.labels.charge('gone', jobs[1]!, told('b', 5), { budget: 8 }, atMs);
    journal.close();

    const after = envelope(await hub.as('bank-a', 'labels')).data.labels;
    expect(after).toMatchObject([
      { dataset: 'gone', spent: 5, problem: { code: 'DATASET_UNKNOWN' } },
      { dataset: 'loans', budget: 8, spent: 11, releases: [{ waiver: '' }, { waiver, jobId: jobs[1] }] },
    ]);
    const page = await forPeople('labels', 'loans');
    for (const words of ['none; 3 beyond the budget', '2026-03-01', 'job-111111111111', 'shop', 'J. Doe']) {
      expect(page.stdout).toContain(words);
    }
    expect(longLines(page.stdout)).toEqual([]);
    const unknown = await hub.as('bank-a', 'labels', 'merchants');
    expect([unknown.exit, envelope(unknown).error.code]).toEqual([exitCodes.missing, 'DATASET_UNKNOWN']);
    const person = await hub.as('ann', 'labels');
    expect(envelope(person).error.code).toBe('ROLE_FORBIDDEN');
    // A platform's datasets have no labels.
    expect(envelope(await hub.as('shop', 'labels')).data).toEqual({ labels: [] });
  });

  it('policy check says in words what is allowed, and where a file is wrong', async () => {
    expect((await forPeople('participant', 'policy', 'check')).stdout).toContain('Every job is refused');
    const file = join(hub.homeOf('bank-a'), 'policy.yaml');
    const { caFingerprint } = envelope(await hub.as('bank-a', 'participant', 'status')).data;
    const rule = `{ name: joint, peers: "*", datasets: [loans], features: "*", purposes: [joint-risk-model],
      algorithms: "*", models: [logistic], maximumRounds: 5, release: [auc, ks, trainLoss], approval: manual }`;
    await writeFile(file, `coordinators: []\nrulez: []\n`);
    const wrong = await hub.as('bank-a', 'participant', 'policy', 'check');
    expect([wrong.exit, envelope(wrong).error.code]).toEqual([exitCodes.input, 'POLICY_INVALID']);
    expect(envelope(wrong).error.message).toContain(`${file}:2: rulez`);
    await writeFile(
      file,
      `coordinators: [{ name: east-hub, caFingerprint: ${caFingerprint} }]\nrules:\n  - ${rule}\n`,
    );
    const page = await forPeople('participant', 'policy', 'check');
    expect(page.stdout).toContain('joint');
    expect(longLines(page.stdout)).toEqual([]);
  });

  it('starts, asks its operator, and the refusal reaches who submitted', async () => {
    node = startProcess(['participant', 'start', '--home', hub.homeOf('bank-a')]);
    expect(await node.firstLine).toBe(`bank-a started, dials ${hub.address}`);
    const spec = join(hub.folder, 'job.yaml');
    await writeFile(
      spec,
      `{ name: loan, mode: horizontal, purpose: joint-risk-model, participants: [bank-a, bank-b, shop],
         dataset: loans, features: { age: number }, model: { kind: logistic }, training: { rounds: 3 } }`,
    );
    const { jobId } = envelope(await hub.as('ann', 'jobs', 'submit', spec)).data;
    const waiting = hub.as('ann', 'jobs', 'wait', jobId);
    let asked: unknown[] = [];
    while (asked.length === 0) {
      asked = envelope(await hub.as('bank-a', 'participant', 'approvals', 'list')).data.approvals;
    }
    expect(asked).toMatchObject([{ jobId, answer: 'asked', purpose: 'joint-risk-model', submitter: 'ann' }]);
    const page = await forPeople('participant', 'approvals', 'list');
    for (const words of [
      'joint-risk-model',
      'ann of Bank A',
      'bank-a, bank-b, shop',
      'age',
      'up to 3 rounds',
    ]) {
      expect(page.stdout).toContain(words);
    }
    expect(longLines(page.stdout)).toEqual([]);

    const unknown = await hub.as('bank-a', 'participant', 'approvals', 'approve', 'job-00000000');
    expect([unknown.exit, envelope(unknown).error.code]).toEqual([exitCodes.missing, 'JOB_UNKNOWN']);
    const refuse = ['participant', 'approvals', 'refuse', jobId.slice(0, 16), '--reason', 'not agreed'];
    expect((await hub.as('bank-a', ...refuse)).exit).toBe(0);
    const run = await waiting;
    expect(run.exit).toBe(exitCodes.jobFailed);
    expect(envelope(run).error).toMatchObject({ code: 'APPROVAL_REFUSED', parties: ['bank-a'] });
    expect(envelope(run).error.message).toContain('not agreed');
    const status = envelope(await hub.as('bank-a', 'participant', 'status')).data;
    expect(status).toMatchObject({ running: true, waitingApprovals: 0 });
  });

  it('stops on SIGTERM with exit 0', async () => {
    node.child.kill('SIGTERM');
    const run = await node.ended;
    expect(run).toMatchObject({ exit: 0 });
    expect(run.stdout.trim().split('\n').at(-1)).toBe('bank-a stopped');
  });

  it('a home of a person is no participant', async () => {
    const run = await hub.as('ann', 'participant', 'start');
    expect([run.exit, envelope(run).error.code]).toEqual([exitCodes.refused, 'ROLE_FORBIDDEN']);
  });

  it('models: none yet', async () => {
    expect(envelope(await hub.as('bank-a', 'participant', 'models', 'list')).data).toEqual({ models: [] });
    const run = await hub.as('bank-a', 'participant', 'models', 'show', 'job-12345678');
    expect([run.exit, envelope(run).error.code]).toEqual([exitCodes.missing, 'MODEL_UNKNOWN']);
  });
});
