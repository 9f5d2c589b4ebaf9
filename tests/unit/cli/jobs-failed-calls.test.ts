import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { jobIdOfSpec, jobSpec } from '../../../contract/index.js';
import { envelope, runHere } from './harness.js';
import { JobsScenes } from './jobs-scenes.js';
import { refusal, serveJobs, watching } from './jobs-server.js';
import { finishedJob, runningJob } from './sample-views.js';

const { jobId } = runningJob;
let scenes: JobsScenes;
beforeAll(() => {
  scenes = new JobsScenes();
});
afterEach(() => scenes.stop());
afterAll(() => scenes.close());

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
      await scenes.served({ CancelJob: (_call, answer) => answer(error) }),
    );
    expect(run.exit).toBe(exit);
    expect(envelope(run).error.code).toBe(code);
  });

  it('parties of an error are passed on', async () => {
    const error = refusal('PARTICIPANT_UNKNOWN', 'bank-z is not enrolled', ['bank-z']);
    const scene = await scenes.served({ SubmitJob: (_call, answer) => answer(error) });
    const run = await runHere(['jobs', 'submit', scenes.specFile, '--json'], scene);
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
      const { address } = await scenes.served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
      const [one, two] = [await gone(), await gone()];
      const run = await runHere(['jobs', 'list', '--coordinator', `${one}, ${address}`]);
      expect(run.exit).toBe(0);
      const none = await runHere(['jobs', 'list', '--coordinator', `${one},${two}`, '--json']);
      expect(envelope(none).error.code).toBe('COORDINATOR_UNREACHABLE');
      expect(envelope(none).error.message).toContain(one);
      expect(envelope(none).error.message).toContain(two);
    });

    it('asks the next when one stays silent, within --timeout', async () => {
      const silent = await scenes.served({ ListJobs: () => {} });
      const { address } = await scenes.served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
      const both = `${silent.address},${address}`;
      const run = await runHere(['jobs', 'list', '--coordinator', both, '--timeout', '4s']);
      expect(run.exit).toBe(0);
    });

    it('submits one job though the first took it and did not say so', async () => {
      const heard: string[] = [];
      const silent = await scenes.served({ SubmitJob: (call) => void heard.push(call.request.specJson) });
      const replayed = refusal('JOB_REPLAYED', 'was accepted before');
      const { address } = await scenes.served({
        SubmitJob: (call, answer) => {
          heard.push(call.request.specJson);
          answer(replayed);
        },
      });
      const both = `${silent.address},${address}`;
      const run = await runHere([
        'jobs',
        'submit',
        scenes.specFile,
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
      const again = await runHere(['jobs', 'submit', scenes.specFile, '--coordinator', address, '--json']);
      expect(envelope(again).error.code).toBe('JOB_REPLAYED');
    });

    it('does not ask another one after a refusal', async () => {
      let asked = 0;
      const refusing = await scenes.served({
        ListJobs: (_, answer) => answer(refusal('ROLE_FORBIDDEN', 'no')),
      });
      const { address } = await scenes.served({ ListJobs: () => void asked++ });
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
      const last = await scenes.served({ WatchJob: watching(finishedJob) });
      first.stop();
      const both = `${first.address},${last.address}`;
      const run = await runHere(['jobs', 'wait', jobId, '--coordinator', both, '--json']);
      expect(run.exit).toBe(0);
    });
  });

  it('a coordinator that stays silent is given up after --timeout', async () => {
    const scene = await scenes.served({ ListJobs: () => {} });
    const run = await runHere(['jobs', 'list', '--timeout', '300ms', '--json'], scene);
    expect(envelope(run).error.code).toBe('COORDINATOR_UNREACHABLE');
  });

  it('--coordinator dials another address than the home folder remembers', async () => {
    const { address } = await scenes.served({ ListJobs: (_, answer) => answer(null, { jobs: [] }) });
    const run = await runHere(['jobs', 'list', '--coordinator', address], { address: '127.0.0.1:1' });
    expect(run).toMatchObject({ exit: 0, stdout: 'No jobs yet: fedrisk jobs submit FILE\n' });
  });
});
