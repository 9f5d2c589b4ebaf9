import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobId } from '../../../contract/index.js';
import { revokeParty } from '../../../coordinator/main.js';
import { type JobState, remaining } from '../../../coordinator/rounds/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import type { GetJobResponse__Output } from '../../../proto/gen/fedrisk/v1/GetJobResponse.js';
import { Served } from './support/served.js';
import { reaches } from './support/table-job.js';
import { verticalSpec } from './support/vertical.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  for (const name of ['bank-c', 'bank-d']) await served.enrol(name, 'bank');
});
afterAll(() => served.close());

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
/** Far longer than the test: nothing here ends by a deadline. */
const deadlines = { consentSeconds: 3600, roundSeconds: 3600, openingSeconds: 3600, rejoinSeconds: 3600 };

const revoke = (name: string) => revokeParty({ home: served.home, name, reason: 'test' });

async function reached(jobId: JobId, test: (state: JobState) => boolean): Promise<JobState> {
  for (;;) {
    const state = await served.state(jobId);
    if (test(state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const failed = { kind: 'failed', code: 'CERTIFICATE_REVOKED' };

describe('a participant that is revoked while its job runs', () => {
  it('has left: the job finishes without waiting for it', async () => {
    const { jobId } = await served.submit({ participants: five, deadlines });
    await served.play(jobId, reaches('update', 'collecting', 1));
    await revoke('bank-d');
    const state = await reached(jobId, (now) => !('current' in now) || now.left.size > 0);
    expect('current' in state && remaining(state)).toEqual(five.filter((name) => name !== 'bank-d'));
    const { jobs } = served.member('ana');
    const shown = await unaryCall<GetJobResponse__Output>((...rest) => jobs.getJob({ jobId }, ...rest));
    expect(shown.job?.participants.find(({ name }) => name === 'bank-d')).toMatchObject({
      state: 'left',
      code: 'CERTIFICATE_REVOKED',
    });
    expect(await served.play(jobId)).toMatchObject({ kind: 'finished' });
  });

  it('ends a vertical job at once, and one of which too few are left, naming it', async () => {
    const vertical = await served.submitSpec(verticalSpec());
    await served.play(vertical.jobId, ({ kind }) => kind === 'aligning');
    const { jobId } = await served.submit({ deadlines });
    await served.play(jobId, reaches('update', 'collecting', 1));
    await revoke('platform-x');
    for (const id of [vertical.jobId, jobId]) {
      expect(await reached(id, ({ kind }) => kind === 'failed')).toMatchObject({
        ...failed,
        parties: ['platform-x'],
      });
    }
  });

  it('is found out by a coordinator that did not run meanwhile', async () => {
    const { jobId } = await served.submit({ participants: ['bank-a', 'bank-b', 'bank-c'], deadlines });
    await served.restart(() => revoke('bank-b'));
    const state = await reached(jobId, ({ kind }) => kind === 'failed');
    expect(state).toMatchObject({ ...failed, parties: ['bank-b'] });
  });
});
