import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CodedError, drawNonce, type JobId } from '../../../contract/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import type { AskScoreResponse__Output } from '../../../proto/gen/fedrisk/v1/AskScoreResponse.js';
import { codedAsync } from '../../support/coded.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';
import { opens, verticalSpec } from './support/vertical.js';

const names = ['bank-a', 'bank-b', 'platform-x'];
/** Stands in questions and answers; must stand nowhere else. */
const marker = 'customer-4711';

let served: Served;
let jobId: JobId;
beforeAll(async () => {
  served = await Served.start();
  jobId = (await served.submitSpec(verticalSpec({ nonce: drawNonce() }, names))).jobId;
  await served.play(jobId);
});
afterAll(() => served.close());

const sessions: ReturnType<typeof openSession>[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) {
    session.end();
    await session.over;
  }
});

async function connect(name: string) {
  const session = openSession(served, name);
  sessions.push(session);
  await session.greeted;
  return session;
}

function sealed(text: string) {
  return { enc: Buffer.alloc(32, 7), ciphertext: Buffer.from(text), signature: 'ab'.repeat(64) };
}

function ask(change: object = {}, by = 'bank-a') {
  const request = {
    jobId,
    to: 'platform-x',
    requestId: randomBytes(16).toString('hex'),
    sealed: sealed(`question about ${marker}`),
    ...change,
  };
  const { node } = served.member(by);
  return unaryCall<AskScoreResponse__Output>((...rest) => node.askScore(request, ...rest));
}

async function failure(asked: Promise<unknown>): Promise<CodedError> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('it was answered');
}

describe('a score question', () => {
  it('reaches the feature holder it is for, and its answer the label holder', async () => {
    const [holder, other] = [await connect('platform-x'), await connect('bank-b')];
    const asked = ask({ requestId: '0f'.repeat(16) });
    const question = await holder.nextQuestion();
    expect(question).toMatchObject({ jobId, from: 'bank-a', requestId: '0f'.repeat(16) });
    expect(question.sealed).toEqual(sealed(`question about ${marker}`));
    holder.say({ scoreAnswer: { requestId: question.requestId, sealed: sealed(`answer on ${marker}`) } });
    expect((await asked).sealed).toEqual(sealed(`answer on ${marker}`));
    // Both holders answer at once, each its own; one id may go to either of them.
    const requestId = randomBytes(16).toString('hex');
    const both = Promise.all([ask({ requestId }), ask({ requestId, to: 'bank-b' })]);
    for (const [session, text] of [
      [other, 'b'],
      [holder, 'x'],
    ] as const) {
      const { requestId: id } = await session.nextQuestion();
      session.say({ scoreAnswer: { requestId: id, sealed: sealed(text) } });
    }
    expect((await both).map((answer) => answer.sealed?.ciphertext.toString())).toEqual(['x', 'b']);
  });

  it('is for the label holder of a finished vertical training job to ask, of a feature holder', async () => {
    expect(await codedAsync(ask({}, 'bank-b'))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(ask({ to: 'bank-b' }, 'platform-x'))).toBe('ROLE_FORBIDDEN');
    for (const person of ['ana', 'eve', 'operator']) {
      expect(await codedAsync(ask({}, person))).toBe('ROLE_FORBIDDEN');
    }
    expect(await codedAsync(ask({ to: 'bank-a' }))).toBe('MESSAGE_UNEXPECTED');
    expect(await codedAsync(ask({ to: 'platform-z' }))).toBe('MESSAGE_UNEXPECTED');
    expect(await codedAsync(ask({ jobId: `job-${'0'.repeat(32)}` }))).toBe('JOB_UNKNOWN');
    const binning = await served.submitSpec(verticalSpec({ nonce: drawNonce(), type: 'binning' }));
    await served.play(binning.jobId);
    expect(await codedAsync(ask({ jobId: binning.jobId }))).toBe('ROLE_FORBIDDEN');
    const horizontal = await served.submit();
    expect(await codedAsync(ask({ jobId: horizontal.jobId }))).toBe('ROLE_FORBIDDEN');
    const running = await served.submitSpec(verticalSpec({ nonce: drawNonce() }));
    await served.play(running.jobId, opens('terms'));
    expect(await codedAsync(ask({ jobId: running.jobId }))).toBe('MESSAGE_UNEXPECTED');
  });

  it('is bounded in size and form', async () => {
    const malformed = [
      { requestId: '0f'.repeat(15) },
      { requestId: 'zz'.repeat(16) },
      { to: '../x' },
      { sealed: undefined },
      { sealed: { ...sealed('q'), ciphertext: Buffer.alloc(0) } },
      { sealed: { ...sealed('q'), ciphertext: Buffer.alloc(16 * 1024 + 1) } },
      { sealed: { ...sealed('q'), enc: Buffer.alloc(65) } },
      { sealed: { ...sealed('q'), signature: 'ab' } },
    ];
    for (const change of malformed) expect(await codedAsync(ask(change))).toBe('MESSAGE_MALFORMED');
  });

  it('fails at once, naming the holder, when the holder is not connected', async () => {
    const requestId = randomBytes(16).toString('hex');
    const error = await failure(ask({ requestId }));
    expect([error.code, error.parties]).toEqual(['SCORE_TIMEOUT', ['platform-x']]);
    expect(error.message).toContain('not connected');
    // It never went out, so the same question may be asked again.
    const holder = await connect('platform-x');
    const asked = ask({ requestId });
    await holder.nextQuestion();
    holder.say({ scoreAnswer: { requestId, sealed: sealed('a') } });
    await asked;
  });

  it('fails when the holder stays silent, whose late answer then hurts nobody', async () => {
    const holder = await connect('platform-x');
    const asked = ask();
    const { requestId } = await holder.nextQuestion();
    const error = await failure(asked);
    expect([error.code, error.parties]).toEqual(['SCORE_TIMEOUT', ['platform-x']]);
    holder.say({ scoreAnswer: { requestId, sealed: sealed('late') } });
    const next = ask();
    const question = await holder.nextQuestion();
    holder.say({ scoreAnswer: { requestId: question.requestId, sealed: sealed('in time') } });
    expect((await next).sealed?.ciphertext.toString()).toBe('in time');
  });

  it('fails when the session it went out on is lost, or taken over by a newer one', async () => {
    const lost = await connect('platform-x');
    const first = failure(ask());
    await lost.nextQuestion();
    lost.end();
    expect((await first).message).toContain('lost its connection');
    await lost.over;
    const older = await connect('platform-x');
    const second = failure(ask());
    const { requestId } = await older.nextQuestion();
    const newer = await connect('platform-x');
    expect((await second).code).toBe('SCORE_TIMEOUT');
    newer.say({ scoreAnswer: { requestId, sealed: sealed('too late') } });
    expect(await older.over).toBe('SESSION_ENDED');
  });

  it('is answered by nobody but the holder it is for', async () => {
    const [holder, intruder] = [await connect('platform-x'), await connect('bank-b')];
    const asked = ask();
    const { requestId } = await holder.nextQuestion();
    intruder.say({ scoreAnswer: { requestId, sealed: sealed('forged') } });
    expect(await intruder.over).toBe('MESSAGE_UNEXPECTED');
    holder.say({ scoreAnswer: { requestId, sealed: sealed('true') } });
    expect((await asked).sealed?.ciphertext.toString()).toBe('true');
  });

  it('is sent once: its id is refused from then on', async () => {
    const holder = await connect('platform-x');
    const requestId = randomBytes(16).toString('hex');
    const asked = ask({ requestId });
    await holder.nextQuestion();
    expect(await codedAsync(ask({ requestId }))).toBe('MESSAGE_CONFLICT');
    holder.say({ scoreAnswer: { requestId, sealed: sealed('once') } });
    expect((await asked).sealed?.ciphertext.toString()).toBe('once');
    expect(await codedAsync(ask({ requestId }))).toBe('MESSAGE_CONFLICT');
  });

  it('may be refused with a code of the catalogue; other words of the holder go no further', async () => {
    const holder = await connect('platform-x');
    const refusedWith = async (code: string) => {
      const asked = failure(ask());
      const { requestId } = await holder.nextQuestion();
      holder.say({ scoreAnswer: { requestId, code } });
      return asked;
    };
    const policy = await refusedWith('POLICY_SCORES');
    expect([policy.code, policy.parties]).toEqual(['SCORE_REFUSED', ['platform-x']]);
    expect(policy.message).toContain('POLICY_SCORES');
    const words = await refusedWith(`${marker} is broke`);
    expect(words.code).toBe('SCORE_REFUSED');
    expect(words.message).not.toContain(marker);
  });

  it.each([
    ['both a score and a code', { sealed: sealed('a'), code: 'POLICY_SCORES' }],
    ['neither', {}],
    ['too many bytes', { sealed: sealed('a'.repeat(16 * 1024 + 1)) }],
  ])('is not answered by %s: that ends the session', async (_, answer) => {
    const holder = await connect('platform-x');
    const asked = failure(ask());
    const { requestId } = await holder.nextQuestion();
    holder.say({ scoreAnswer: { requestId, ...answer } });
    expect(await holder.over).toBe('MESSAGE_MALFORMED');
    expect((await asked).code).toBe('SCORE_TIMEOUT');
  });

  it('waits with at most 63 others of its asker', async () => {
    await connect('platform-x');
    const asked = await Promise.all(Array.from({ length: 70 }, () => codedAsync(ask())));
    expect(asked.filter((code) => code === 'RATE_LIMITED')).toHaveLength(6);
    expect(asked.filter((code) => code === 'SCORE_TIMEOUT')).toHaveLength(64);
  });

  it('leaves nothing on disk', async () => {
    const files = await readdir(served.home, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    expect(paths.some((path) => path.endsWith('coordinator.sqlite'))).toBe(true);
    for (const path of paths) expect((await readFile(path)).includes(marker)).toBe(false);
  });
});
