import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HexDigest, JobId } from '../../../contract/index.js';
import type { OnlineJob } from '../../../participant/online/online-job.js';
import {
  type Answer,
  openAnswer,
  openQuestion,
  sealAnswer,
  sealQuestion,
  withheld,
} from '../../../participant/online/score-messages.js';
import { codedAsync } from '../../support/coded.js';
import { OnlineStage } from './stage.js';

let stage: OnlineStage;
beforeAll(async () => {
  stage = await OnlineStage.set(['bank-a', 'platform-b', 'platform-c']);
});
afterAll(() => stage.close());

const requestId = 'ab'.repeat(16);
const customer = new Uint8Array(randomBytes(32));
const sides = () => ({ bank: stage.job('bank-a'), platform: stage.job('platform-b') });
const entry = (job: OnlineJob, name: string) => job.entries.get(name)!;
const signer = (name: string) => stage.play.cast.signer(name);

async function asked() {
  const { bank, platform } = sides();
  const sending = { job: bank, signer: signer('bank-a'), requestId, to: entry(bank, 'platform-b') };
  const sealed = await sealQuestion(sending, { customer, askedMs: 1_750_000_000_123 });
  return { job: platform, requestId, from: entry(platform, 'bank-a'), sealed };
}

/** Of bodies in these tests. */
const bytes = 9;

async function answered(answer: Answer = { kind: 'part', body: new Uint8Array(bytes).fill(7) }) {
  const { bank, platform } = sides();
  const sending = { job: platform, signer: signer('platform-b'), requestId, to: entry(platform, 'bank-a') };
  const sealed = await sealAnswer(sending, answer, bytes);
  return { job: bank, requestId, from: entry(bank, 'platform-b'), sealed };
}

describe('score messages', () => {
  it('come out as they went in', async () => {
    expect(await openQuestion(await asked())).toEqual({ customer, askedMs: 1_750_000_000_123 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: bytes, maxLength: bytes }), async (body) => {
        const { kind, ...rest } = await openAnswer(await answered({ kind: 'part', body }), bytes);
        expect(kind).toBe('part');
        expect(Buffer.from((rest as { body: Uint8Array }).body)).toEqual(Buffer.from(body));
      }),
      { numRuns: 20 },
    );
    for (const kind of withheld) expect(await openAnswer(await answered({ kind }), bytes)).toEqual({ kind });
  });

  it('have one length, whatever they say', async () => {
    const answers: Answer[] = [
      { kind: 'part', body: new Uint8Array(bytes) },
      { kind: 'part', body: new Uint8Array(bytes).fill(255) },
    ];
    const all = await Promise.all([...answers, ...withheld.map((kind) => ({ kind }))].map(answered));
    expect(new Set(all.map(({ sealed }) => sealed.ciphertext.length)).size).toBe(1);
  });

  it('open in their own place only', async () => {
    const question = await asked();
    const answer = await answered();
    const otherRequest = 'ac'.repeat(16);
    const moved = (job: OnlineJob, change: Partial<OnlineJob>) => ({ ...job, ...change });
    const otherJob = { jobId: `job-${'0'.repeat(32)}` as JobId };
    const otherRoster = { rosterDigest: '0'.repeat(64) as HexDigest };
    const opened = [
      () => openQuestion({ ...question, requestId: otherRequest }),
      () => openQuestion({ ...question, job: moved(question.job, otherJob) }),
      () => openQuestion({ ...question, job: moved(question.job, otherRoster) }),
      () => openAnswer({ ...answer, requestId: otherRequest }, bytes),
      () => openAnswer({ ...answer, job: moved(answer.job, otherJob) }, bytes),
      () => openAnswer({ ...answer, job: moved(answer.job, otherRoster) }, bytes),
      // A question read as if its sender had answered.
      () => openAnswer(question, bytes),
      // A question handed back as if it were its answer, and the reverse.
      () => openAnswer({ ...answer, sealed: question.sealed }, bytes),
      () => openQuestion({ ...question, sealed: answer.sealed }),
    ];
    for (const each of opened) expect(await codedAsync(each())).toBe('SEALED_INVALID');
  });

  it('are of their sender: neither another party nor the coordinator can make one', async () => {
    const { bank, platform } = sides();
    const third = stage.job('platform-c');
    const forged = await sealQuestion(
      { job: bank, signer: signer('platform-c'), requestId, to: entry(bank, 'platform-b') },
      { customer, askedMs: 0 },
    );
    const from = entry(platform, 'bank-a');
    expect(await codedAsync(openQuestion({ job: platform, requestId, from, sealed: forged }))).toBe(
      'SEALED_INVALID',
    );
    // platform-c answers what platform-b was asked.
    const answer = await sealAnswer(
      { job: third, signer: signer('platform-c'), requestId, to: entry(third, 'bank-a') },
      { kind: 'part', body: new Uint8Array(bytes) },
      bytes,
    );
    const expected = entry(bank, 'platform-b');
    expect(
      await codedAsync(openAnswer({ job: bank, requestId, from: expected, sealed: answer }, bytes)),
    ).toBe('SEALED_INVALID');
    // Nor can it read the question.
    const question = await asked();
    const asThird = { ...question, job: { ...question.job, privateKey: third.privateKey } };
    expect(await codedAsync(openQuestion(asThird))).toBe('SEALED_INVALID');
  });

  it('are refused when a byte was changed', async () => {
    const { sealed, ...rest } = await answered();
    for (const part of ['enc', 'ciphertext'] as const) {
      const changed = Uint8Array.from(sealed[part]);
      changed[0]! ^= 1;
      const opened = openAnswer({ ...rest, sealed: { ...sealed, [part]: changed } }, bytes);
      expect(await codedAsync(opened)).toBe('SEALED_INVALID');
    }
  });
});
