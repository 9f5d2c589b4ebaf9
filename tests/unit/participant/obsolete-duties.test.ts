import { describe, expect, test } from 'vitest';
import { CodedError, type ErrorCode, type Post } from '../../../contract/index.js';
import type { Duty } from '../../../participant/rounds/duties.js';
import { JobRunner, type RunnerParts } from '../../../participant/rounds/runner.js';
import { eventsOf } from '../../support/cast.js';
import { digestOfUpload, openJournal, remember, Stage } from '../attacks/stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const four = five.slice(0, 4);
const me = 'platform-x';

/** A participant in a training round, with the work of its duties played by the test. */
async function running(perform: RunnerParts['perform'], deliver: RunnerParts['deliver'] = async () => {}) {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  const stage = await new Stage(five, { warmStart }).joined();
  const journal = openJournal();
  const { jobId } = stage.transcript();
  journal.keepJob(jobId, 'running');
  const left: (string | undefined)[] = [];
  const asked: string[] = [];
  const runner = new JobRunner({
    jobId,
    me: me as never,
    signer: stage.cast.signer(me),
    journal,
    pinned: stage.cast.pinned,
    deliver,
    perform: (duty, ...rest) => {
      asked.push(duty.kind);
      return perform(duty, ...rest);
    },
    ended: (_, error) => left.push(error?.code),
  });
  let taken = 0;
  const show = () => {
    for (const event of eventsOf(stage.bodies).slice(taken)) {
      remember(journal, jobId, me, event);
      runner.take(event);
    }
    taken = stage.bodies.length;
  };
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { stage, journal, jobId, runner, left, asked, show, settled };
}

const contribution = (duty: Duty & { readonly kind: 'contribute' }) => ({
  kind: 'contribution' as const,
  sum: duty.sum.sum,
  purpose: duty.sum.purpose,
  round: duty.sum.round,
  valueCount: 100,
  parameterSet: 'narrow' as const,
  digest: digestOfUpload(me, 0),
  bytes: 1000,
  timings: [],
});

test('training for a round that closes is stopped, nothing of it is said, and the participant helps the others', async () => {
  const stopped: [duty: boolean, job: boolean][] = [];
  const job = await running(async (duty, _, signal, ofJob) => {
    if (duty.kind !== 'contribute') return [];
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    stopped.push([signal.aborted, ofJob.aborted]);
    return [contribution(duty)];
  });
  job.stage.started().contributed(four);
  job.show();
  await job.settled();
  expect(job.asked.at(-1)).toBe('contribute');
  job.stage.proposed(four);
  job.show();
  await job.settled();
  expect(stopped).toEqual([[true, false]]);
  expect(job.asked.at(-1)).toBe('signSurvivors');
  expect(job.left).toEqual([]);
  expect(job.journal.said(job.jobId, 'contribution/0')).toBeUndefined();
  await job.runner.close();
});

test('what a coordinator acknowledged and then lost is said again, byte for byte, when it is back', async () => {
  const sent: string[] = [];
  let made = 0;
  const job = await running(
    async (duty) =>
      duty.kind === 'contribute' ? [{ ...contribution(duty), timings: [{ step: 'train', ms: ++made }] }] : [],
    async (_, posts) => {
      sent.push(...posts.map(({ signature }) => signature));
    },
  );
  job.stage.started().contributed(four);
  job.show();
  await job.settled();
  expect(sent).toHaveLength(1);
  job.runner.wake();
  await job.settled();
  expect(sent).toHaveLength(1);
  job.runner.resume();
  await job.settled();
  expect(sent).toEqual([sent[0], sent[0]]);
  expect(job.left).toEqual([]);
  await job.runner.close();
});

describe.each<ErrorCode>(['ROUND_CLOSED', 'JOB_ENDED'])('a coordinator that answers %s', (code) => {
  test('to a contribution: the duty is over, the participant stays', async () => {
    const refused: Post[] = [];
    const job = await running(
      async (duty) => (duty.kind === 'contribute' ? [contribution(duty)] : []),
      async (_, posts) => {
        refused.push(...posts);
        throw new CodedError(code, 'too late');
      },
    );
    job.stage.started().contributed(four);
    job.show();
    await job.settled();
    expect(refused.map(({ body }) => body.kind)).toEqual(['contribution']);
    job.stage.proposed(four);
    job.show();
    await job.settled();
    expect(job.asked.at(-1)).toBe('signSurvivors');
    expect(job.left).toEqual([]);
    await job.runner.close();
  });

  test('to everybody and everything: nobody leaves, no other bytes are ever said', async () => {
    const sent: string[] = [];
    const job = await running(
      async (duty) => (duty.kind === 'contribute' ? [contribution(duty)] : []),
      async (_, posts) => {
        sent.push(...posts.map(({ signature }) => signature));
        throw new CodedError(code, 'too late');
      },
    );
    job.stage.started();
    job.show();
    await job.settled();
    job.runner.wake();
    await job.settled();
    expect(job.left).toEqual([]);
    await job.runner.close();
    // Restarted, it says what it said, byte for byte.
    const again = new JobRunner({
      jobId: job.jobId,
      me: me as never,
      signer: job.stage.cast.signer(me),
      journal: job.journal,
      pinned: job.stage.cast.pinned,
      perform: async (duty) =>
        duty.kind === 'contribute' ? [{ ...contribution(duty), digest: digestOfUpload(me, 7) }] : [],
      deliver: async (_, posts) => {
        sent.push(...posts.map(({ signature }) => signature));
      },
      ended: () => {},
    });
    again.wake();
    await job.settled();
    await again.close();
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });
});

test.each([
  [1, []],
  [5, []],
  [6, ['UPLOAD_MISSING']],
])(
  'a coordinator that lost an upload %i times gets the same post after as many uploads more',
  async (times, left) => {
    const sent: Post[] = [];
    const job = await running(
      async (duty) => (duty.kind === 'contribute' ? [contribution(duty)] : []),
      async (_, posts) => {
        const contributions = posts.filter(({ body }) => body.kind === 'contribution');
        sent.push(...contributions);
        if (contributions.length > 0 && sent.length <= times)
          throw new CodedError('UPLOAD_MISSING', 'not complete');
      },
    );
    job.stage.started();
    job.show();
    await job.settled();
    expect(job.left).toEqual(left);
    const tries = Math.min(times, 5) + 1;
    expect(job.asked.filter((kind) => kind === 'contribute')).toHaveLength(tries);
    expect(sent).toHaveLength(tries);
    expect(new Set(sent.map(({ signature }) => signature)).size).toBe(1);
    await job.runner.close();
  },
);

test('any other refusal still makes the participant leave, saying so', async () => {
  const job = await running(
    async (duty) => (duty.kind === 'contribute' ? [contribution(duty)] : []),
    async (_, posts) => {
      if (posts.some(({ body }) => body.kind === 'contribution'))
        throw new CodedError('SUM_SHAPE', 'unlike the others');
    },
  );
  job.stage.started();
  job.show();
  await job.settled();
  expect(job.left).toEqual(['SUM_SHAPE']);
  expect(job.journal.said(job.jobId, 'abort')?.body).toMatchObject({ code: 'SUM_SHAPE' });
});
