import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { jobIdOfSpec, jobSpec } from '../../../contract/index.js';
import type { JobsServiceHandlers } from '../../../proto/gen/fedrisk/v1/JobsService.js';
import { envelope, runHere } from './harness.js';
import { refusal, serveJobs, type WatchHandler, watching } from './jobs-server.js';
import { agreedRound, cancelledJob, failedJob, finishedJob, runningJob } from './sample-views.js';

const { jobId } = runningJob;
let folder: string;
let specFile: string;
const stops: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrisk-cli-'));
  specFile = join(folder, 'job.yaml');
  await writeFile(
    specFile,
    `name: loan-default
mode: horizontal
purpose: joint-risk-model
participants: [bank-a, bank-b, platform-x]
dataset: credit
features: { age: number, region: category }
model: { kind: logistic }
training: { rounds: 4 }
`,
  );
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
afterAll(() => rm(folder, { recursive: true }));

async function served(handlers: Partial<JobsServiceHandlers>): Promise<{ address: string }> {
  const { address, stop } = await serveJobs(handlers);
  stops.push(stop);
  return { address };
}

describe('jobs submit', () => {
  it('sends the spec with a fresh nonce and prints the job id alone', async () => {
    const seen: { specJson: string; idempotencyKey: string }[] = [];
    const scene = await served({
      SubmitJob: (call, answer) => {
        seen.push(call.request);
        answer(null, {
          jobId: jobIdOfSpec(jobSpec.parse(JSON.parse(call.request.specJson))),
          repeatedKey: false,
        });
      },
    });
    const first = await runHere(['jobs', 'submit', specFile, '--idempotency-key', 'k1'], scene);
    const second = await runHere(['jobs', 'submit', specFile, '--json'], scene);
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
    const file = join(folder, 'seeded.yaml');
    const seeds: number[] = [];
    const scene = await served({
      SubmitJob: (call, answer) => {
        seeds.push(JSON.parse(call.request.specJson).training.seed);
        answer(null, { jobId, repeatedKey: false });
      },
    });
    const unseeded = await readFile(specFile, 'utf8');
    await writeFile(file, unseeded.replace('rounds: 4', 'rounds: 4, seed: 1'));
    for (let time = 0; time < 2; time++) await runHere(['jobs', 'submit', file], scene);
    expect(seeds).toEqual([1, 1]);
  });

  it('sends the very same spec again under the same key, another one under any other', async () => {
    const sent: string[] = [];
    const scene = await served({
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
      await runHere(['jobs', 'submit', specFile, '--idempotency-key', key], { ...scene, name });
    }
    expect(sent[1]).toBe(sent[0]);
    expect(new Set(sent).size).toBe(3);
  });

  it('takes other participants by option', async () => {
    let sent: string[] = [];
    const scene = await served({
      SubmitJob: (call, answer) => {
        sent = JSON.parse(call.request.specJson).participants;
        answer(null, { jobId, repeatedKey: true });
      },
    });
    const run = await runHere(['jobs', 'submit', specFile, '--participants', 'bank-a, bank-c,bank-d'], scene);
    expect(sent).toEqual(['bank-a', 'bank-c', 'bank-d']);
    expect(run.stderr).toContain('was submitted before under this key');
  });

  it.each([
    ['two are too few', 'bank-a,bank-b', 'SPEC_TOO_FEW_PARTIES', exitCodes.refused],
    ['twice the same', 'bank-a,bank-a,bank-b', 'CONFIG_INVALID', exitCodes.input],
    ['no name', 'bank-a,Bank B,bank-c', 'CONFIG_INVALID', exitCodes.input],
  ])('refuses participants before anything is sent: %s', async (_, names, code, exit) => {
    const run = await runHere(['jobs', 'submit', specFile, '--participants', names, '--json']);
    expect(run.exit).toBe(exit);
    expect(envelope(run).error.code).toBe(code);
  });

  it('with --wait ends as the job ends', async () => {
    const scene = await served({
      SubmitJob: (_, answer) => answer(null, { jobId, repeatedKey: false }),
      WatchJob: watching(runningJob, failedJob),
    });
    const run = await runHere(['jobs', 'submit', specFile, '--wait', '--json'], scene);
    expect(run.exit).toBe(exitCodes.jobFailed);
    expect(envelope(run)).toMatchObject({
      ok: false,
      error: { code: 'POLICY_FEATURE', parties: ['bank-b'] },
      data: { job: { jobId, state: 'failed' } },
    });
  });
});

describe('jobs wait and watch: exit code by outcome', () => {
  it.each([
    ['finished', finishedJob, exitCodes.ok],
    ['failed', failedJob, exitCodes.jobFailed],
    ['cancelled', cancelledJob, exitCodes.jobCancelled],
  ])('%s', async (_, end, exit) => {
    const scene = await served({ WatchJob: watching(runningJob, end) });
    for (const command of ['wait', 'watch']) {
      const run = await runHere(['jobs', command, jobId], scene);
      expect(run.exit).toBe(exit);
      expect(run.stdout).toContain(`state        ${end.state}`);
      expect(run.stderr === '').toBe(exit === 0);
    }
  });

  it('names code, parties and what to do when the job failed', async () => {
    const scene = await served({ WatchJob: watching(failedJob) });
    const { stderr } = await runHere(['jobs', 'wait', jobId], scene);
    expect(stderr).toMatch(
      /^error POLICY_FEATURE: .*bank-b: withholds income\nwhat to do: The submitter drops/,
    );
  });

  it('survives a connection that breaks, and a coordinator that restarts', async () => {
    let calls = 0;
    const breaking: WatchHandler = (call) => {
      calls += 1;
      call.write({ job: calls < 3 ? runningJob : finishedJob });
      if (calls === 1) call.end();
      if (calls === 2) call.emit('error', { code: status.UNAVAILABLE, details: 'restarting' });
      if (calls === 3) call.end();
    };
    const run = await runHere(['jobs', 'wait', jobId, '--json'], await served({ WatchJob: breaking }));
    expect(envelope(run).data.job.state).toBe('finished');
    expect(calls).toBe(3);
  });

  it('does not go on when the coordinator says the job is unknown', async () => {
    const scene = await served({
      WatchJob: (call) => call.emit('error', refusal('JOB_UNKNOWN', 'no such job')),
    });
    const run = await runHere(['jobs', 'wait', jobId, '--json'], scene);
    expect(run.exit).toBe(exitCodes.missing);
    expect(envelope(run).error.code).toBe('JOB_UNKNOWN');
  });

  it('Ctrl-C stops the waiting, not the job', async () => {
    let cancelCalls = 0;
    let shown = () => {};
    const reached = new Promise<void>((resolve) => {
      shown = resolve;
    });
    const scene = await served({
      CancelJob: () => {
        cancelCalls += 1;
      },
      WatchJob: (call) => {
        call.write({ job: runningJob });
        call.on('cancelled', () => call.end());
        shown();
      },
    });
    const running = runHere(['jobs', 'watch', jobId], scene);
    await reached;
    running.interrupt();
    const run = await running;
    expect(run.exit).toBe(exitCodes.interrupted);
    expect(run.stderr).toContain('error WAIT_STOPPED: Ctrl-C; job-1a2b3c4d5e6f goes on');
    expect(cancelCalls).toBe(0);
  });

  it('--timeout ends the waiting with exit 9', async () => {
    const scene = await served({ WatchJob: (call) => void call.write({ job: runningJob }) });
    const run = await runHere(['jobs', 'wait', jobId, '--timeout', '200ms', '--json'], scene);
    expect(run.exit).toBe(exitCodes.limit);
    expect(envelope(run).error.code).toBe('WAIT_STOPPED');
  });

  it('watch --json prints an envelope a view, the last one with the outcome', async () => {
    const scene = await served({ WatchJob: watching(runningJob, failedJob) });
    const { stdout } = await runHere(['jobs', 'watch', jobId, '--json'], scene);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ ok, data }) => [ok, data.job.state])).toEqual([
      [true, 'running'],
      [true, 'failed'],
      [false, 'failed'],
    ]);
  });

  it('without a terminal writes a line only when something happened', async () => {
    const moreBytes = {
      ...runningJob,
      participants: runningJob.participants.map((each) => ({
        ...each,
        bytesUp: each.bytesUp + 1,
        fraction: 0.5,
      })),
    };
    const unmasking = { ...runningJob, phase: 'unmasking' };
    const scene = await served({ WatchJob: watching(runningJob, moreBytes, unmasking, finishedJob) });
    const { stdout } = await runHere(['jobs', 'watch', jobId], scene);
    const progress = stdout.split('\n').filter((line) => /^\d{4}-/.test(line));
    expect(progress.map((line) => line.split(' ')[1])).toEqual(['running,', 'running,', 'finished,']);
  });

  it('on a terminal redraws one block in place and leaves the result', async () => {
    const scene = await served({ WatchJob: watching(runningJob, { ...runningJob, round: 4 }, finishedJob) });
    const { stdout } = await runHere(['jobs', 'watch', jobId], {
      ...scene,
      terminal: { columns: 80, rows: 40 },
    });
    const screen = replay(stdout);
    expect(screen).toContain('finished');
    expect(screen).not.toContain('Ctrl-C stops watching');
    expect(screen.match(/^job /gm)).toHaveLength(1);
    expect(stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\x1b[?25l'));
  });
});

/** What stands on a terminal after these bytes: newline, cursor up, clear to end of line and of screen. */
function replay(bytes: string): string {
  const screen: string[] = [''];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's control sequences are what is replayed.
  for (const [token] of bytes.matchAll(/\x1b\[[?0-9;]*[A-Za-z]|\n|[^\x1b\n]+/g)) {
    if (token === '\n') {
      row += 1;
      column = 0;
      screen[row] ??= '';
    } else if (token.endsWith('A') && token.startsWith('\x1b[')) {
      row -= Number.parseInt(token.slice(2), 10);
      column = 0;
    } else if (token === '\x1b[K') screen[row] = (screen[row] ?? '').slice(0, column);
    else if (token === '\x1b[J') screen.splice(row, screen.length, (screen[row] ?? '').slice(0, column));
    else if (!token.startsWith('\x1b')) {
      screen[row] =
        (screen[row] ?? '').slice(0, column) + token + (screen[row] ?? '').slice(column + token.length);
      column += token.length;
    }
  }
  return screen.join('\n');
}

describe('jobs list, show, cancel, estimate; rounds', () => {
  it('list passes state and limit on and prints a table', async () => {
    let asked: unknown;
    const scene = await served({
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

  it('a job may be named by the beginning of its id', async () => {
    const other = { ...runningJob, jobId: jobId.replace(/809$/, '80a') };
    const scene = await served({
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
    const scene = await served({
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
    const scene = await served({
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
    const { stdout } = await runHere(['jobs', 'estimate', specFile], scene);
    expect(stdout).toMatch(/upload +1\.00 MiB +4\.00 MiB/);
    expect(stdout).toMatch(/local training +unknown +unknown/);
    expect(stdout).toContain('measured on this machine');
  });

  it('rounds show asks for a round or for a sum, and --json keeps digests whole', async () => {
    const asked: unknown[] = [];
    const scene = await served({
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

describe('failed calls', () => {
  it.each([
    ['refused', refusal('ROLE_FORBIDDEN', 'an auditor only reads'), 'ROLE_FORBIDDEN', exitCodes.refused],
    ['identity', refusal('CERTIFICATE_REVOKED', 'revoked'), 'CERTIFICATE_REVOKED', exitCodes.identity],
    ['conflict', refusal('JOB_ENDED', 'ended'), 'JOB_ENDED', exitCodes.conflict],
    ['a code this package does not know', refusal('NEW_CODE' as never, 'x'), 'INTERNAL', exitCodes.internal],
    ['no code', { code: status.UNAUTHENTICATED, details: 'x' }, 'CERTIFICATE_UNKNOWN', exitCodes.identity],
  ])('%s', async (_, error, code, exit) => {
    const run = await runHere(
      ['jobs', 'cancel', jobId, '--json'],
      await served({ CancelJob: (_call, answer) => answer(error) }),
    );
    expect(run.exit).toBe(exit);
    expect(envelope(run).error.code).toBe(code);
  });

  it('parties of an error are passed on', async () => {
    const error = refusal('PARTICIPANT_UNKNOWN', 'bank-z is not enrolled', ['bank-z']);
    const scene = await served({ SubmitJob: (_call, answer) => answer(error) });
    const run = await runHere(['jobs', 'submit', specFile, '--json'], scene);
    expect(envelope(run).error.parties).toEqual(['bank-z']);
  });

  it('a coordinator that is not there is named by its address', async () => {
    const { address, stop } = await serveJobs({});
    stop();
    const run = await runHere(['jobs', 'list', '--json', '--timeout', '5s'], { address });
    expect(run.exit).toBe(exitCodes.unavailable);
    expect(envelope(run).error).toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    expect(envelope(run).error.message).toContain(address);
  });

  describe('of several coordinators', () => {
    const gone = async () => {
      const { address, stop } = await serveJobs({});
      stop();
      return address;
    };

    it('asks the next when one is not there, and names all when none is', async () => {
      const { address } = await served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
      const [one, two] = [await gone(), await gone()];
      const run = await runHere(['jobs', 'list', '--coordinator', `${one}, ${address}`]);
      expect(run.exit).toBe(0);
      const none = await runHere(['jobs', 'list', '--coordinator', `${one},${two}`, '--json']);
      expect(envelope(none).error.code).toBe('COORDINATOR_UNREACHABLE');
      expect(envelope(none).error.message).toContain(one);
      expect(envelope(none).error.message).toContain(two);
    });

    it('asks the next when one stays silent, within --timeout', async () => {
      const silent = await served({ ListJobs: () => {} });
      const { address } = await served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
      const both = `${silent.address},${address}`;
      const run = await runHere(['jobs', 'list', '--coordinator', both, '--timeout', '4s']);
      expect(run.exit).toBe(0);
    });

    it('submits one job though the first took it and did not say so', async () => {
      const heard: string[] = [];
      const silent = await served({ SubmitJob: (call) => void heard.push(call.request.specJson) });
      const replayed = refusal('JOB_REPLAYED', 'was accepted before');
      const { address } = await served({
        SubmitJob: (call, answer) => {
          heard.push(call.request.specJson);
          answer(replayed);
        },
      });
      const both = `${silent.address},${address}`;
      const run = await runHere([
        'jobs',
        'submit',
        specFile,
        '--coordinator',
        both,
        '--timeout',
        '4s',
        '--json',
      ]);
      expect(run.exit).toBe(0);
      expect(heard[1]).toBe(heard[0]);
      expect(envelope(run).data.jobId).toBe(jobIdOfSpec(jobSpec.parse(JSON.parse(heard[0]!))));
      // Without a silent one before it, it is what it says.
      const again = await runHere(['jobs', 'submit', specFile, '--coordinator', address, '--json']);
      expect(envelope(again).error.code).toBe('JOB_REPLAYED');
    });

    it('does not ask another one after a refusal', async () => {
      let asked = 0;
      const refusing = await served({ ListJobs: (_, answer) => answer(refusal('ROLE_FORBIDDEN', 'no')) });
      const { address } = await served({ ListJobs: () => void asked++ });
      const run = await runHere([
        'jobs',
        'list',
        '--coordinator',
        `${refusing.address},${address}`,
        '--json',
      ]);
      expect(envelope(run).error.code).toBe('ROLE_FORBIDDEN');
      expect(asked).toBe(0);
    });

    it('follows a job at the next one when the first goes away', async () => {
      const first = await serveJobs({ WatchJob: watching(runningJob) });
      const last = await served({ WatchJob: watching(finishedJob) });
      first.stop();
      const both = `${first.address},${last.address}`;
      const run = await runHere(['jobs', 'wait', jobId, '--coordinator', both, '--json']);
      expect(run.exit).toBe(0);
    });
  });

  it('a coordinator that stays silent is given up after --timeout', async () => {
    const scene = await served({ ListJobs: () => {} });
    const run = await runHere(['jobs', 'list', '--timeout', '300ms', '--json'], scene);
    expect(envelope(run).error.code).toBe('COORDINATOR_UNREACHABLE');
  });

  it('--coordinator dials another address than the home folder remembers', async () => {
    const { address } = await served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
    const run = await runHere(['jobs', 'list', '--coordinator', address], { address: '127.0.0.1:1' });
    expect(run).toMatchObject({ exit: 0, stdout: 'No jobs yet: fedrisk jobs submit FILE\n' });
  });
});
