import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { homeLayout } from '../../../participant/config.js';
import { Journal } from '../../../participant/journal/index.js';
import type { ScoreAnswering } from '../../../participant/online/index.js';
import { customerKey } from '../../../participant/online/key-table.js';
import { type Answer, openAnswer, sealQuestion } from '../../../participant/online/score-messages.js';
import { codedAsync } from '../../support/coded.js';
import { OnlineStage, platformFeatures } from './stage.js';

let stage: OnlineStage;
beforeEach(async () => {
  stage = await OnlineStage.set();
  stage.give('platform-b', [
    [1, 25],
    [2, 40],
    [3, ''],
  ]);
});
afterEach(() => stage.close());

const drawn = () => randomBytes(16).toString('hex');

interface Asked {
  readonly id?: string;
  readonly requestId?: string;
  readonly askedMs?: number;
  readonly from?: string;
  readonly signedBy?: string;
}

async function questionFor({
  id = '1',
  requestId = drawn(),
  askedMs = stage.nowMs,
  from = 'bank-a',
  signedBy = from,
}: Asked = {}) {
  const bank = stage.job('bank-a');
  const to = bank.entries.get('platform-b')!;
  const signer = stage.play.cast.signer(signedBy);
  const customer = customerKey(id, ['nfkc', 'trim'])!;
  const sealed = await sealQuestion({ job: bank, signer, requestId, to }, { customer, askedMs });
  return { jobId: stage.jobId, from: from as ParticipantName, requestId, sealed };
}

async function ask(platform: ScoreAnswering, asked: Asked = {}): Promise<Answer> {
  const question = await questionFor(asked);
  const answer = await platform.answer(question);
  if ('code' in answer) throw new Error(answer.code);
  const job = stage.job('bank-a');
  const from = job.entries.get('platform-b')!;
  return openAnswer({ job, requestId: question.requestId, from, sealed: answer.sealed }, 4);
}

/** The part in 1/64 log-odds, worked out from the model by hand. */
function units(bin: number): number {
  const { woe, mean, weight } = platformFeatures.Age!;
  return Math.round(64 * weight * (woe[bin]! - mean));
}
const word = (units: number) => {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setInt32(0, units);
  return body;
};

/** Of what other threads bring about. */
const patient = { timeout: 30_000 };

describe('a feature holder that is asked for a part', () => {
  it('gives the one of the row, rounded to 1/64', async () => {
    const platform = stage.answering('platform-b');
    expect(await ask(platform, { id: '1' })).toEqual({ kind: 'part', body: word(units(0)) });
    expect(await ask(platform, { id: '2' })).toEqual({ kind: 'part', body: word(units(1)) });
    expect(units(1)).toBeLessThan(0);
    expect(await ask(platform, { id: '3' })).toEqual({ kind: 'part', body: word(units(3)) });
  });

  it('reads its rows in a thread', async () => {
    const { readInThread } = await import('../../../participant/online/table-thread.js');
    const platform = stage.answering('platform-b', { read: readInThread });
    expect(await ask(platform, { id: '2' })).toEqual({ kind: 'part', body: word(units(1)) });
    rmSync(join(homeLayout(stage.home('platform-b')).datasets, 'customers.csv'));
    const after = stage.answering('platform-b', { read: readInThread });
    expect(await ask(after)).toEqual({ kind: 'unready' });
  });

  it('finds customers by the key that its dataset declares', async () => {
    stage.give('platform-b', [['  KX-１ ', 25]], '[nfkc, trim, lowercase]');
    const platform = stage.answering('platform-b');
    expect((await ask(platform, { id: 'kx-1' })).kind).toBe('part');
    expect((await ask(platform, { id: 'KX-1' })).kind).toBe('unknown');
  });

  it('says of a stranger only that it has no row, and only to the asker', async () => {
    const platform = stage.answering('platform-b');
    expect(await ask(platform, { id: '4' })).toEqual({ kind: 'unknown' });
  });

  it('answers a request id once, also after SIGKILL', async () => {
    const platform = stage.answering('platform-b');
    const requestId = drawn();
    expect((await ask(platform, { requestId })).kind).toBe('part');
    expect(await ask(platform, { requestId, id: '2' })).toEqual({ kind: 'repeated' });
    // The ledger as another process finds it: nothing was closed.
    expect(await ask(stage.answering('platform-b'), { requestId })).toEqual({ kind: 'repeated' });
    expect((await ask(platform)).kind).toBe('part');
  });

  it('answers no old question, and none from the future', async () => {
    const platform = stage.answering('platform-b');
    const minutes = (count: number) => ({ askedMs: stage.nowMs + count * 60_000 });
    expect((await ask(platform, minutes(-4))).kind).toBe('part');
    expect((await ask(platform, minutes(-6))).kind).toBe('stale');
    expect((await ask(platform, minutes(6))).kind).toBe('stale');
    expect((await ask(platform, { askedMs: Number.NaN })).kind).toBe('stale');
  });

  it('remembers ids for longer than a question may be old', async () => {
    const platform = stage.answering('platform-b');
    const requestId = drawn();
    const askedMs = stage.nowMs;
    await ask(platform, { requestId, askedMs });
    stage.nowMs += 290_000;
    expect((await ask(platform, { requestId, askedMs })).kind).toBe('repeated');
  });

  it('stops at its number of the day, and goes on the next', async () => {
    stage.allow('platform-b', { scores: { online: true, onlinePerDay: 2 } });
    const platform = stage.answering('platform-b');
    expect((await ask(platform)).kind).toBe('part');
    // Strangers count: they tell who is no customer.
    expect((await ask(platform, { id: '99' })).kind).toBe('unknown');
    expect((await ask(platform)).kind).toBe('exhausted');
    expect((await ask(stage.answering('platform-b'))).kind).toBe('exhausted');
    stage.nowMs += 86_400_000;
    expect((await ask(platform)).kind).toBe('part');
  });

  it('asks its policy each time', async () => {
    const platform = stage.answering('platform-b');
    expect((await ask(platform)).kind).toBe('part');
    for (const rule of [
      { scores: { online: false } },
      { peers: ['bank-z'] },
      { purposes: ['marketing'] },
      { datasets: ['loans'] },
      { except: ['Age'] },
      { expires: '2026-05-31' },
    ]) {
      stage.allow('platform-b', rule);
      expect(await ask(platform)).toEqual({ kind: 'forbidden' });
    }
    const { policy } = homeLayout(stage.home('platform-b'));
    writeFileSync(policy, 'vertical: [');
    expect(await ask(platform)).toEqual({ kind: 'forbidden' });
    rmSync(policy);
    expect(await ask(platform)).toEqual({ kind: 'forbidden' });
    stage.allow('platform-b');
    expect((await ask(platform)).kind).toBe('part');
    const used = stage.journal('platform-b').scores.asked('bank-a' as ParticipantName, stage.nowMs);
    expect(used).toBe(2);
  });
});

describe('nothing at all is said', () => {
  const refusedBy = async (platform: ScoreAnswering, asked: Asked = {}) => {
    const question = await questionFor(asked);
    return codedAsync(platform.answer(question));
  };

  it('to who did not sign, or is not the label holder', async () => {
    const platform = stage.answering('platform-b');
    expect(await refusedBy(platform, { signedBy: 'platform-b' })).toBe('SEALED_INVALID');
    expect(await refusedBy(platform, { from: 'platform-b' })).toBe('SCORE_REFUSED');
    const question = await questionFor();
    const other = { ...question, requestId: drawn() };
    expect(await codedAsync(platform.answer(other))).toBe('SEALED_INVALID');
  });

  it('once the pin of the asker is gone or another, and again when it is back', async () => {
    const platform = stage.answering('platform-b');
    expect((await ask(platform)).kind).toBe('part');
    stage.pin('platform-b', []);
    expect(await refusedBy(platform)).toBe('PEER_NOT_PINNED');
    stage.pin('platform-b', [{ name: 'bank-a', identityKey: 'ab'.repeat(32) }]);
    expect(await refusedBy(platform)).toMatch(/PEER_KEY_CHANGED|SIGNATURE_INVALID/);
    stage.pin('platform-b', stage.peersOf('platform-b'));
    expect((await ask(platform)).kind).toBe('part');
  });

  it('about a model that is not here, or no longer', async () => {
    const platform = stage.answering('platform-b');
    expect((await ask(platform)).kind).toBe('part');
    const path = join(homeLayout(stage.home('platform-b')).jobs, stage.jobId, 'model.json');
    const text = readFileSync(path);
    rmSync(path);
    expect(await refusedBy(platform)).toBe('MODEL_UNKNOWN');
    writeFileSync(path, text);
    expect((await ask(platform)).kind).toBe('part');
    const unknown = { ...(await questionFor()), jobId: `job-${'1'.repeat(32)}` as never };
    expect(await codedAsync(platform.answer(unknown))).toBe('MODEL_UNKNOWN');
  });

  it('about a job that this party left', async () => {
    stage.journal('platform-b').keepJob(stage.jobId, 'left', 'MESSAGE_UNEXPECTED', '');
    expect(await refusedBy(stage.answering('platform-b'))).toBe('MODEL_UNKNOWN');
  });
});

describe('before the first question', () => {
  it('rows are read where the policy grants questions, and nowhere else', async () => {
    const { readScoreTable } = await import('../../../participant/online/score-table.js');
    let reads = 0;
    const read = async ({ order }: { order: Parameters<typeof readScoreTable>[0] }) => {
      reads += 1;
      return readScoreTable(order, {});
    };
    stage.allow('platform-b', { scores: { online: false } });
    await stage.answering('platform-b', { read }).prepare();
    expect(reads).toBe(0);
    stage.allow('platform-b');
    const platform = stage.answering('platform-b', { read });
    await platform.prepare();
    expect(reads).toBe(1);
    await ask(platform);
    expect(reads).toBe(1);
  });

  it('what is broken stops nobody', async () => {
    rmSync(join(homeLayout(stage.home('platform-b')).datasets, 'customers.csv'));
    await stage.answering('platform-b').prepare();
    rmSync(join(homeLayout(stage.home('platform-b')).jobs, stage.jobId), { recursive: true });
    await stage.answering('platform-b').prepare();
  });
});

describe('rows that change', () => {
  it('count after the next look; until then, and when they cannot be read, the old ones serve', async () => {
    const platform = stage.answering('platform-b', { lookMs: 0 });
    expect((await ask(platform, { id: '9' })).kind).toBe('unknown');
    stage.give('platform-b', [[9, 25]]);
    await ask(platform);
    await expect.poll(async () => (await ask(platform, { id: '9' })).kind, patient).toBe('part');
    stage.give('platform-b', [[9, 'not a number']]);
    for (let turn = 0; turn < 5; turn++) expect((await ask(platform, { id: '9' })).kind).toBe('part');
    stage.give('platform-b', [[10, 60]]);
    await expect.poll(async () => (await ask(platform, { id: '10' })).kind, patient).toBe('part');
  });
});

describe('the key of a finished joint model', () => {
  it('outlives its job, alone', () => {
    const journal = stage.journal('platform-b');
    expect(journal.secret(stage.jobId, 'seal-key')?.reveal().length).toBe(32);
    expect(journal.secret(stage.jobId, 'job-secret')).toBeUndefined();
  });

  it.each(['left', 'failed', 'cancelled'] as const)('goes with a job that %s', (state) => {
    const journal = stage.journal('platform-b');
    journal.keepJob(stage.jobId, state);
    journal.conclude(stage.jobId);
    expect(journal.secret(stage.jobId, 'seal-key')).toBeUndefined();
  });

  it('is not there in a journal of other jobs', () => {
    const path = join(stage.root, 'other.sqlite');
    const journal = new Journal(path, stage.job('bank-a').privateKey);
    onTestFinished(() => journal.close());
    journal.keepJob(stage.jobId, 'finished');
    journal.keepSecret(stage.jobId, 'seal-key', stage.job('bank-a').privateKey);
    journal.conclude(stage.jobId);
    expect(journal.secret(stage.jobId, 'seal-key')).toBeUndefined();
  });
});
