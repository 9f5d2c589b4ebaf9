import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectJobs } from '../../cli/client.js';
import { systemClock } from '../../contract/index.js';
import { homeCredentials, listPeers } from '../../participant/main.js';
import { Federation, hub } from './support/federation.js';
import { fingerprintOf, finished } from './support/outcome.js';
import { moment, until } from './support/sight.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 240_000;
const cleanly = { code: 0, signal: null };

let federation: Federation;

beforeAll(async () => {
  federation = await Federation.found();
  await federation.bringUp(...federation.names);
}, hangMs);

afterAll(() => federation?.close());

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends idle nodes with exit code 0',
  async (signal) => {
    for (const name of [hub, 'bank-b']) {
      expect(await federation.end(name, signal)).toEqual(cleanly);
      await federation.bringUp(name);
    }
  },
  hangMs,
);

test(
  'SIGTERM ends a coordinator that people watch, in the middle of a job',
  async () => {
    const job = await federation.submit();
    const client = connectJobs({
      credentials: await homeCredentials({ home: federation.home('bank-a') }),
      address: federation.address,
      timeoutMs: 10_000,
      clock: systemClock,
    });
    const views = client.watch(job.jobId, new AbortController().signal)[Symbol.asyncIterator]();
    await views.next();
    await moment(job, () => job.of('sumStarted').length > 2);
    expect(await federation.end(hub, 'SIGTERM')).toEqual(cleanly);
    client.close();
    federation.start(hub);
    await finished(federation, job);
  },
  hangMs,
);

test(
  'SIGTERM of everybody in the middle of a round: the job goes on when they are back',
  async () => {
    const undisturbed = fingerprintOf(await finished(federation, await federation.submit()));
    const job = await federation.submit();
    await moment(job, () => job.received('bank-a', 'sumStarted', 4));
    const everybody = [hub, ...federation.names];
    for (const ended of await Promise.all(everybody.map((name) => federation.end(name, 'SIGTERM')))) {
      expect(ended).toEqual(cleanly);
    }
    for (const name of everybody) federation.start(name);
    expect(fingerprintOf(await finished(federation, job))).toBe(undisturbed);
  },
  hangMs,
);

test(
  'SIGINT ends a participant whose coordinator hangs with its calls open',
  async () => {
    const job = await federation.submit();
    await moment(job, () => job.received('bank-b', 'sumStarted', 3));
    // From here on whatever bank-b asks stays unanswered: its last post, or the upload of sum 2.
    federation.freeze(hub);
    expect(await federation.end('bank-b', 'SIGINT')).toEqual(cleanly);
    federation.thaw(hub);
    federation.start('bank-b');
    await finished(federation, job);
  },
  hangMs,
);

test(
  'a participant that was started before its coordinator connects when there is one',
  async () => {
    await federation.kill(hub, 'bank-a');
    const participant = federation.start('bank-a');
    await participant.printed(/COORDINATOR_UNREACHABLE/);
    await federation.bringUp(hub);
    await participant.printed(/"event":"connected"/);
  },
  hangMs,
);

test(
  'a participant that is revoked in the middle of a job is out at once, and named where too few are left',
  async () => {
    const job = await federation.submit();
    await moment(job, () => job.received('bank-b', 'sumStarted', 2));
    await federation.revoke('bank-b');
    await expect(listPeers({ home: federation.home('bank-b') })).rejects.toMatchObject({
      code: 'CERTIFICATE_REVOKED',
    });
    const saidBefore = job.posts.filter(({ sender }) => sender === 'bank-b').length;
    await until(() => job.ended);
    expect(job.of('failed')).toMatchObject([{ code: 'CERTIFICATE_REVOKED', parties: ['bank-b'] }]);
    expect(job.posts.filter(({ sender }) => sender === 'bank-b')).toHaveLength(saidBefore);
    const refused = (name: string) =>
      federation.output(name).filter((line) => line.includes('CERTIFICATE_REVOKED')).length;
    await until(() => refused('bank-b') >= 3);
    // Its pauses grow and the coordinator logs a refusal once: neither fills a disk.
    expect(refused('bank-b')).toBeLessThan(20);
    expect(refused(hub)).toBeLessThan(10);
    expect(await federation.end('bank-b', 'SIGINT')).toEqual(cleanly);
  },
  hangMs,
);
