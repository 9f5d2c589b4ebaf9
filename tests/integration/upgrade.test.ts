import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawNonce, type JobId, ownRelease, remoteError } from '../../contract/index.js';
import { Served } from '../unit/coordinator/support/served.js';
import { openSession } from '../unit/coordinator/support/session.js';
import { bank, opens, platform, verticalSpec } from '../unit/coordinator/support/vertical.js';
import { releasedClient, releasedSession } from './support/released-client.js';

const before = '0.1.3';
let served: Served;
let old: Awaited<ReturnType<typeof releasedClient>>;

beforeAll(async () => {
  served = await Served.start();
  old = await releasedClient(join(served.folder, bank), served.address);
});
afterAll(async () => {
  old.close();
  await served.close();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function stalledOnce(jobId: JobId): Promise<boolean> {
  const events = await served.store.readEvents(jobId, 0, 10_000);
  return events.some(({ body }) => body.kind === 'stalled');
}

describe('a participant of the version before', () => {
  it('takes part in a vertical job, stall included, and is shown nothing it does not know', async () => {
    const today = served.member(bank);
    // Everything that bank-a says goes out as the last release writes it.
    served.members.set(bank, { ...today, node: old });
    const outdated = releasedSession(old, before);
    expect(await outdated.greeted).toMatch(new RegExp(`^${ownRelease}\\.`));
    const current = openSession(served, platform);
    await current.greeted;
    const spec = verticalSpec({ nonce: drawNonce(), deadlines: { stepSeconds: 1 } });
    const { jobId } = await served.submitSpec(spec);
    await served.play(jobId, opens('labels'));
    // Everybody is away past the step's deadline.
    await until(() => stalledOnce(jobId));
    expect((await served.play(jobId)).kind).toBe('finished');

    await current.until((events) => events.at(-1)?.body.kind === 'finished');
    await until(async () => outdated.events.at(-1)?.event.body === 'finished');
    const kinds = outdated.events.map(({ event }) => event.body);
    expect(kinds.filter((kind) => kind === undefined)).toEqual([]);
    const posts = outdated.events.filter(({ event }) => event.body === 'posted');
    expect(posts.filter(({ event }) => event.posted?.body === undefined)).toEqual([]);
    const shown = current.events.map(({ body }) => body.kind);
    expect(shown).toContain('stalled');
    expect(kinds).toEqual(shown.filter((kind) => kind !== 'stalled'));
    outdated.end();
    current.end();
    served.members.set(bank, today);
  }, 30_000);

  it('ends a job at consent that it could not take part in, whether it is here or comes later', async () => {
    const stated = async (jobId: JobId) => {
      await until(async () => (await served.state(jobId)).kind !== 'awaiting-consent');
      return served.state(jobId);
    };
    const later = await served.submit();
    const outdated = releasedSession(old, before);
    await outdated.greeted;
    const failure = { kind: 'failed', code: 'VERSION_UNSUPPORTED', parties: [bank] };
    expect(await stated(later.jobId)).toMatchObject(failure);
    const here = await served.submit();
    expect(await stated(here.jobId)).toMatchObject(failure);
    const longer = verticalSpec({ nonce: drawNonce(), deadlines: { rejoinSeconds: 60 } });
    const { jobId } = await served.submitSpec(longer);
    expect(await stated(jobId)).toMatchObject(failure);
    expect(outdated.events).toEqual([]);
    outdated.end();
  });

  it('ends no job that it once could take part in', async () => {
    const { jobId } = await served.submit();
    await served.play(jobId, ({ kind }) => kind === 'keying');
    const outdated = releasedSession(old, before);
    await outdated.greeted;
    expect((await served.state(jobId)).kind).toBe('keying');
    expect((await served.play(jobId, ({ kind }) => kind === 'preparing')).kind).toBe('preparing');
    expect(outdated.events).toEqual([]);
    outdated.end();
  });
});

describe('a session', () => {
  it.each([
    ['0.0.9', [bank]],
    ['1.2.0', []],
    ['0.3.0', []],
    ['latest', []],
  ])('of a participant of version %s is refused', async (version, parties) => {
    const session = releasedSession(old, version);
    const error = remoteError((await session.over) as never);
    session.end();
    expect(error.code).toBe('VERSION_UNSUPPORTED');
    expect(error.parties).toEqual(parties);
  });
});
