import { expect, onTestFinished, test, vi } from 'vitest';
import { CodedError, type Post } from '../../../contract/index.js';
import type { Duty } from '../../../participant/rounds/index.js';
import { JobRunner, type RunnerParts } from '../../../participant/rounds/runner.js';
import { VirtualTime } from '../../simulation/virtual-time.js';
import { eventsOf } from '../../support/cast.js';
import { withConnection } from '../../support/full-disk.js';
import { digestOfUpload, openJournal, remember, Stage } from '../attacks/stage.js';

const three = ['bank-a', 'bank-b', 'platform-x'];
const me = 'platform-x';
const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** A participant in a training round over a real journal, with the work of its duties played by the test. */
async function running(perform: RunnerParts['perform']) {
  const stage = await new Stage(three, { warmStart: { job: `job-${'0'.repeat(32)}` } }).joined();
  const { opened: journal, fill, empty } = withConnection(() => openJournal());
  const time = new VirtualTime();
  onTestFinished(time.install());
  const { jobId } = stage.transcript();
  journal.keepJob(jobId, 'running');
  const said: Post[] = [];
  const left: (string | undefined)[] = [];
  const full: string[] = [];
  const runner = new JobRunner({
    jobId,
    me: me as never,
    signer: stage.cast.signer(me),
    journal,
    pinned: stage.cast.pinned,
    perform,
    deliver: async (_, posts) => void said.push(...posts),
    ended: (_, error) => left.push(error?.code),
    noRoom: ({ code }) => full.push(code),
  });
  onTestFinished(() => runner.close());
  const show = () => {
    for (const event of eventsOf(stage.bodies).slice(runner.transcript.nextIndex)) {
      remember(journal, jobId, me, event);
      runner.take(event);
    }
  };
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { time, stage, journal, jobId, runner, said, left, full, show, settled, fill, empty };
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

test('work that finds no room for its files is done again after 5, 10, 20, 40, 60, 60 s, and nobody leaves', async () => {
  let tries = 0;
  const job = await running(async (duty) => {
    if (duty.kind !== 'contribute') return [];
    if (++tries <= 6) throw noSpace();
    return [contribution(duty)];
  });
  job.stage.started();
  job.show();
  await job.settled();
  const atSeconds: number[] = [];
  while (await job.time.advance(Number.POSITIVE_INFINITY)) {
    await job.settled();
    atSeconds.push(job.time.now / 1000);
  }
  expect(atSeconds).toEqual([5, 15, 35, 75, 135, 195]);
  expect(tries).toBe(7);
  expect(job.said.map(({ body }) => body.kind)).toEqual(['contribution']);
  expect(job.full).toEqual(Array(6).fill('STORAGE_FULL'));
  expect(job.left).toEqual([]);
});

test('an event that the journal has no room for is not folded, and is taken when it is shown again', async () => {
  const job = await running(async () => []);
  // Events are taken until the first that needs a new page.
  job.fill();
  expect(() => job.show()).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
  const { nextIndex } = job.runner.transcript;
  expect(job.journal.events(job.jobId)).toHaveLength(nextIndex);
  expect(nextIndex).toBeLessThan(job.stage.bodies.length);
  job.empty();
  job.show();
  expect(job.runner.transcript.nextIndex).toBe(job.stage.bodies.length);
  expect(job.journal.events(job.jobId)).toHaveLength(job.stage.bodies.length);
  expect(job.left).toEqual([]);
});

test('a post that was not noted is not said; what is said later is noted', async () => {
  const job = await running(async (duty) => {
    return duty.kind === 'contribute' ? [contribution(duty)] : [];
  });
  job.stage.started();
  job.show();
  const keepSaid = vi.spyOn(job.journal, 'keepSaid').mockImplementation(() => {
    throw noSpace();
  });
  await job.settled();
  expect(job.said).toEqual([]);
  keepSaid.mockRestore();
  await job.time.advance(5_000);
  await job.settled();
  expect(job.said).toEqual([job.journal.said(job.jobId, 'contribution/0')]);
  expect(job.left).toEqual([]);
});

test('a duty that waits for room is given up when its round goes on without it', async () => {
  const asked: string[] = [];
  const job = await running(async (duty) => {
    asked.push(duty.kind);
    if (duty.kind === 'contribute') throw noSpace();
    return [];
  });
  job.stage.started();
  job.show();
  await job.settled();
  job.stage.bodies.push({ kind: 'failed', code: 'DEADLINE_MISSED', detail: 'late', parties: [me] } as never);
  job.show();
  await job.settled();
  expect(asked.slice(-2)).toEqual(['contribute', 'conclude']);
  expect(job.journal.job(job.jobId)?.concluded).toBe(true);
});

test('a participant that must leave, and cannot note it, takes no further part and leaves once it can', async () => {
  const job = await running(async () => []);
  job.show();
  const keepJob = vi.spyOn(job.journal, 'keepJob').mockImplementation(() => {
    throw noSpace();
  });
  job.runner.refuse(new CodedError('SUM_SHAPE', 'a lie'));
  await job.settled();
  expect(job.left).toEqual([]);
  expect(job.runner.concluded).toBe(false);
  keepJob.mockRestore();
  await job.time.advance(5_000);
  await job.settled();
  expect(job.left).toEqual(['SUM_SHAPE']);
  expect(job.journal.job(job.jobId)).toMatchObject({ state: 'left', code: 'SUM_SHAPE', concluded: true });
  expect(job.said.map(({ body }) => body.kind)).toEqual(['abort']);
});
