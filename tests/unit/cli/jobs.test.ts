import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { jobIdOfSpec, jobSpec } from '../../../contract/index.js';
import { envelope, runHere } from './harness.js';
import { JobsScenes } from './jobs-scenes.js';
import { watching } from './jobs-server.js';
import { agreedRound, failedJob, runningJob } from './sample-views.js';

const { jobId } = runningJob;
let scenes: JobsScenes;
beforeAll(() => {
  scenes = new JobsScenes();
});
afterEach(() => scenes.stop());
afterAll(() => scenes.close());

describe('jobs submit', () => {
  it('sends the spec with a fresh nonce and prints the job id alone', async () => {
    const seen: { specJson: string; idempotencyKey: string }[] = [];
    const scene = await scenes.served({
      SubmitJob: (call, answer) => {
        seen.push(call.request);
        answer(null, {
          jobId: jobIdOfSpec(jobSpec.parse(JSON.parse(call.request.specJson))),
          repeatedKey: false,
        });
      },
    });
    const first = await runHere(['jobs', 'submit', scenes.specFile, '--idempotency-key', 'k1'], scene);
    const second = await runHere(['jobs', 'submit', scenes.specFile, '--json'], scene);
    expect(first.exit).toBe(0);
    expect(first.stdout).toMatch(/^job-[0-9a-f]{32}\n$/);
    expect(first.stderr).toContain('waits for the consent of bank-a, bank-b, platform-x');
    expect(envelope(second).data.jobId).not.toBe(first.stdout.trim());
    expect(second.stderr).toBe('');
    expect(seen.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k1', '']);
    const [one, two] = seen.map(({ specJson }) => JSON.parse(specJson));
    expect(one.nonce).toMatch(/^[0-9a-f]{64}$/);
    // A file that names no seed has one drawn too: jobs that share it would be bound to the same participants.
    expect(one.training.seed).not.toBe(two.training.seed);
    expect({ ...one, nonce: two.nonce, training: two.training }).toEqual(two);
    expect({ ...one.training, seed: two.training.seed }).toEqual(two.training);
  });

  it('keeps the seed that a file names', async () => {
    const file = join(scenes.folder, 'seeded.yaml');
    const seeds: number[] = [];
    const scene = await scenes.served({
      SubmitJob: (call, answer) => {
        seeds.push(JSON.parse(call.request.specJson).training.seed);
        answer(null, { jobId, repeatedKey: false });
      },
    });
    const unseeded = await readFile(scenes.specFile, 'utf8');
    await writeFile(file, unseeded.replace('rounds: 4', 'rounds: 4, seed: 1'));
    for (let time = 0; time < 2; time++) await runHere(['jobs', 'submit', file], scene);
    expect(seeds).toEqual([1, 1]);
  });

  it('sends the very same spec again under the same key, another one under any other', async () => {
    const sent: string[] = [];
    const scene = await scenes.served({
      SubmitJob: (call, answer) => {
        sent.push(call.request.specJson);
        answer(null, { jobId, repeatedKey: false });
      },
    });
    for (const [key, name] of [
      ['k', 'ann'],
      ['k', 'ann'],
      ['l', 'ann'],
      ['k', 'bob'],
    ] as const) {
      await runHere(['jobs', 'submit', scenes.specFile, '--idempotency-key', key], { ...scene, name });
    }
    expect(sent[1]).toBe(sent[0]);
    expect(new Set(sent).size).toBe(3);
  });

  it('takes other participants by option', async () => {
    let sent: string[] = [];
    const scene = await scenes.served({
      SubmitJob: (call, answer) => {
        sent = JSON.parse(call.request.specJson).participants;
        answer(null, { jobId, repeatedKey: true });
      },
    });
    const run = await runHere(
      ['jobs', 'submit', scenes.specFile, '--participants', 'bank-a, bank-c,bank-d'],
      scene,
    );
    expect(sent).toEqual(['bank-a', 'bank-c', 'bank-d']);
    expect(run.stderr).toContain('was submitted before under this key');
  });

  it.each([
    ['two are too few', 'bank-a,bank-b', 'SPEC_TOO_FEW_PARTIES', exitCodes.refused],
    ['twice the same', 'bank-a,bank-a,bank-b', 'CONFIG_INVALID', exitCodes.input],
    ['no name', 'bank-a,Bank B,bank-c', 'CONFIG_INVALID', exitCodes.input],
  ])('refuses participants before anything is sent: %s', async (_, names, code, exit) => {
    const run = await runHere(['jobs', 'submit', scenes.specFile, '--participants', names, '--json']);
    expect(run.exit).toBe(exit);
    expect(envelope(run).error.code).toBe(code);
  });

  it('with --wait ends as the job ends', async () => {
    const scene = await scenes.served({
      SubmitJob: (_, answer) => answer(null, { jobId, repeatedKey: false }),
      WatchJob: watching(runningJob, failedJob),
    });
    const run = await runHere(['jobs', 'submit', scenes.specFile, '--wait', '--json'], scene);
    expect(run.exit).toBe(exitCodes.jobFailed);
    expect(envelope(run)).toMatchObject({
      ok: false,
      error: { code: 'POLICY_FEATURE', parties: ['bank-b'] },
      data: { job: { jobId, state: 'failed' } },
    });
  });
});

describe('jobs list, show, cancel, estimate; rounds', () => {
  it('list passes state and limit on and prints a table', async () => {
    let asked: unknown;
    const scene = await scenes.served({
      ListJobs: (call, answer) => {
        asked = call.request;
        answer(null, { jobs: [runningJob] });
      },
    });
    const run = await runHere(['jobs', 'list', '--state', 'running', '--limit', '7'], scene);
    expect(asked).toEqual({ state: 'running', limit: 7 });
    expect(run.stdout).toMatch(
      /^job-1a2b3c4d5e6f {2}loan-default {2}running +3\/10 {2}2026-03-01T10:20:30Z$/m,
    );
    expect(envelope(await runHere(['jobs', 'list', '--json'], scene)).data.jobs[0].jobId).toBe(jobId);
  });

  it.each([
    [['--state', 'running'], 'No job is running.\n'],
    [[], 'No jobs yet: fedrisk jobs submit FILE\n'],
  ])(
    'list %j of none says which there are none of, and has an empty list for programs',
    async (words, line) => {
      const scene = await scenes.served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
      expect(await runHere(['jobs', 'list', ...words], scene)).toMatchObject({ exit: 0, stdout: line });
      expect(envelope(await runHere(['jobs', 'list', ...words, '--json'], scene)).data).toEqual({ jobs: [] });
    },
  );

  it('a job may be named by the beginning of its id', async () => {
    const other = { ...runningJob, jobId: jobId.replace(/809$/, '80a') };
    const scene = await scenes.served({
      ListJobs: (_, answer) => answer(null, { jobs: [runningJob, other] }),
      GetJob: (call, answer) =>
        answer(null, { job: { ...runningJob, jobId: call.request.jobId }, specJson: '{}' }),
    });
    const show = (id: string) => runHere(['jobs', 'show', id, '--json'], scene);
    expect(envelope(await show(jobId.slice(0, 35))).error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(envelope(await show('job-ffff')).error).toMatchObject({ code: 'JOB_UNKNOWN' });
    expect(envelope(await show(other.jobId)).data.job.jobId).toBe(other.jobId);
    expect(envelope(await show(jobId)).data.spec).toEqual({});
  });

  it('cancel sends the reason', async () => {
    let asked: unknown;
    const scene = await scenes.served({
      CancelJob: (call, answer) => {
        asked = call.request;
        answer(null, {});
      },
    });
    const run = await runHere(['jobs', 'cancel', jobId, '--reason', 'wrong dataset'], scene);
    expect(asked).toEqual({ jobId, reason: 'wrong dataset' });
    expect(run).toMatchObject({ exit: 0, stdout: 'job-1a2b3c4d5e6f is cancelled\n' });
  });

  it('estimate says bytes, seconds and what they rest on', async () => {
    const scene = await scenes.served({
      EstimateJob: (_, answer) =>
        answer(null, {
          valuesPerRound: 104_857,
          bytesUpPerRound: 1_048_576,
          bytesDownPerRound: 2_097_152,
          protectionSecondsPerRound: 0.5,
          trainingSecondsPerRound: 0,
          totalSeconds: 12,
          basis: 'measured on this machine',
        }),
    });
    const { stdout } = await runHere(['jobs', 'estimate', scenes.specFile], scene);
    expect(stdout).toMatch(/upload +1\.00 MiB +4\.00 MiB/);
    expect(stdout).toMatch(/local training +unknown +unknown/);
    expect(stdout).toContain('measured on this machine');
  });

  it('rounds show asks for a round or for a sum, and --json keeps digests whole', async () => {
    const asked: unknown[] = [];
    const scene = await scenes.served({
      GetRound: (call, answer) => {
        asked.push({
          round: call.request.round,
          sum: call.request._sum === undefined ? undefined : call.request.sum,
        });
        answer(null, { round: agreedRound });
      },
    });
    const byRound = await runHere(['rounds', 'show', jobId, '3', '--json'], scene);
    await runHere(['rounds', 'show', jobId, '--sum', '0'], scene);
    expect(asked).toEqual([
      { round: 3, sum: undefined },
      { round: 0, sum: 0 },
    ]);
    expect(envelope(byRound).data.round.participants[0].digest).toBe('0f'.repeat(32));
  });
});
