import { expect, onTestFinished, test } from 'vitest';
import type { JobId } from '../../../contract/index.js';
import { Leases } from '../../../coordinator/jobs/leases.js';
import { Exchange, memoryReplicas } from '../../simulation/memory-replicas.js';
import { VirtualTime } from '../../simulation/virtual-time.js';

const [one, two] = ['1', '2'].map((digit) => `job-${digit.repeat(32)}` as JobId) as [JobId, JobId];

function stage() {
  const time = new VirtualTime();
  onTestFinished(time.install());
  const exchange = new Exchange(time);
  const replicas = (self: string) =>
    memoryReplicas(
      exchange,
      self,
      async (work) => work(),
      () => true,
    );
  return { time, replicas };
}

test('a job that is given up leaves the other jobs where they are and is free at once', async () => {
  const { replicas, time } = stage();
  const [here, there] = [new Leases(replicas('here')), new Leases(replicas('there'))];
  await here.claim([one, two]);
  await here.giveUp(one);
  expect([one, two].map(here.leads)).toEqual([false, true]);
  time.now += 1;
  expect(await there.claim([one, two])).toEqual([one]);
});

test('a lease that was asked for before the job was given up does not bring it back', async () => {
  const { replicas } = stage();
  const talk = replicas('here');
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const leases = new Leases({
    ...talk,
    claim: async (jobIds, ttlMs) => {
      const given = await talk.claim(jobIds, ttlMs);
      if (ttlMs > 0) await held;
      return given;
    },
  });
  const claimed = leases.claim([one, two]);
  await leases.giveUp(one);
  answer();
  expect(await claimed).toEqual([two]);
  expect([one, two].map(leases.leads)).toEqual([false, true]);
});

test('where one process has the store to itself, nothing is ever given up', async () => {
  const leases = new Leases(undefined);
  await leases.giveUp(one);
  expect(leases.leads(one)).toBe(true);
});
