import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../../contract/index.js';
import type { AskingParts, ScoreAsking } from '../../../participant/online/index.js';
import { OnlineMasks } from '../../../participant/online/mask-seeds.js';
import { openAnswer, sealAnswer, sealQuestion } from '../../../participant/online/score-messages.js';
import { codedAsync } from '../../support/coded.js';
import {
  bankFeatures,
  calibration,
  intercept,
  OnlineStage,
  platformFeatures,
  relayTo,
  scaling,
} from './stage.js';

let stage: OnlineStage;
afterEach(() => stage.close());

async function pair(): Promise<void> {
  stage = await OnlineStage.set();
  stage.give('bank-a', [
    [' 1', 500, 'no'],
    [2, 20_000, 'yes'],
    [3, 1000, ''],
    [5, 500, 'no'],
  ]);
  stage.give('platform-b', [
    [1, 25],
    [2, 60],
    [3, 40],
  ]);
}

async function trio(): Promise<void> {
  stage = await OnlineStage.set(['bank-a', 'platform-b', 'platform-c', 'platform-d']);
  stage.give('bank-a', [
    [1, 500, 'no'],
    [2, 20_000, 'yes'],
  ]);
  for (const [name, age] of [
    ['platform-b', 25],
    ['platform-c', 60],
    ['platform-d', 40],
  ] as const) {
    stage.give(name, [
      [1, age],
      [2, 35],
    ]);
  }
}

const answeringAll = () =>
  new Map(stage.names.slice(1).map((name) => [name, stage.answering(name)] as const));

async function failure(asking: ScoreAsking, asked: Parameters<ScoreAsking['score']>[0]): Promise<CodedError> {
  return asking.score(asked).then(
    () => Promise.reject(new Error('was scored')),
    (thrown: unknown) => {
      if (thrown instanceof CodedError) return thrown;
      throw thrown;
    },
  );
}

/** A party's part of the log-odds by hand: bins in the order of its features. */
function part(features: typeof bankFeatures, ...bins: number[]): number {
  return Object.values(features).reduce(
    (sum, { woe, mean, weight }, at) => sum + weight * (woe[bins[at]!]! - mean),
    0,
  );
}
const toUnits = (logOdds: number) => Math.round(logOdds * 64) / 64;
const factor = scaling.pdo / Math.log(2);
const pointsOf = (logOdds: number) => scaling.base - factor * Math.log(scaling.odds) - factor * logOdds;
const calibratedOf = (score: number) => calibration.slope * score + calibration.intercept;

describe('a score of a bank and one platform', () => {
  beforeEach(pair);

  it('is the calibrated sum of both parts, in probability and points', async () => {
    const score = await stage.asking(relayTo(stage, answeringAll())).score({ id: '2' });
    const own = part(bankFeatures, 2, 1);
    const partner = toUnits(part(platformFeatures, 2));
    const logOdds = calibratedOf(intercept + own + partner);
    expect(score.probability).toBeCloseTo(1 / (1 + Math.exp(-logOdds)), 6);
    expect(score.points).toBeCloseTo(pointsOf(logOdds), 1);
    const { base, bank, partners } = score.contributions;
    expect(bank).toBeCloseTo(-factor * calibration.slope * own, 1);
    expect(partners).toBeCloseTo(-factor * calibration.slope * partner, 1);
    expect(base + bank + partners).toBeCloseTo(score.points, 1);
    expect(score.requestId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has as reasons the own features that cost points against the mean training row', async () => {
    const { reasons } = await stage.asking(relayTo(stage, answeringAll())).score({ id: '2' });
    // 30, 30, 30 and 10 training rows a bin; 40, 40 and 20 of Records would be other means.
    const lost = (name: string, bin: number) => {
      const { woe, weight } = bankFeatures[name]!;
      const rows = woe.map((_, at) => (at === woe.length - 1 ? 10 : 30));
      const all = rows.reduce((sum, count) => sum + count, 0);
      const mean = woe.reduce((sum, value, at) => sum + (value * rows[at]!) / all, 0);
      return factor * calibration.slope * weight * (woe[bin]! - mean);
    };
    expect(reasons.map(({ feature }) => feature)).toEqual(['Records', 'Amount']);
    expect(reasons[0]!.pointsLost).toBeCloseTo(lost('Records', 1), 1);
    expect(reasons[1]!.pointsLost).toBeCloseTo(lost('Amount', 2), 1);
    const good = await stage.asking(relayTo(stage, answeringAll())).score({ id: '1' });
    expect(good.reasons).toEqual([]);
  });

  it('takes the features of an applicant from the request', async () => {
    const asking = stage.asking(relayTo(stage, answeringAll()));
    const known = await asking.score({ id: '2' });
    const given = await asking.score({ id: '2', features: { Amount: 20_000, Records: 'yes' } });
    expect({ ...given, requestId: '' }).toEqual({ ...known, requestId: '' });
    // A value at a cut belongs below it; null is missing, and so is the empty cell of row 3.
    const third = await asking.score({ id: '3' });
    const asThird = await asking.score({ id: '3', features: { Amount: 1000, Records: null } });
    expect(asThird.points).toBe(third.points);
    // A level that training never saw weighs nothing, as in a batch.
    const strange = await asking.score({ id: '3', features: { Amount: 1000, Records: 'perhaps' } });
    const own = bankFeatures.Amount!.weight * (-0.5 - 0.125) + bankFeatures.Records!.weight * (0 - 0.25);
    expect(strange.contributions.bank).toBeCloseTo(-factor * calibration.slope * own, 1);
  });

  it('refuses features that are not those of the model, before anybody is asked', async () => {
    const asked: string[] = [];
    const asking = stage.asking(async ({ to }) => {
      asked.push(to);
      throw new Error('asked');
    });
    const unfit: [object, string][] = [
      [{ Amount: 5 }, 'SCHEMA_DRIFT'],
      [{ Amount: 5, Records: 'no', Age: 3 }, 'SCHEMA_DRIFT'],
      [{ Amount: 5, Record: 'no' }, 'SCHEMA_DRIFT'],
      [{ Amount: 5, toString: 'no' }, 'SCHEMA_DRIFT'],
      [{ Amount: '54321', Records: 'no' }, 'DATASET_TYPE'],
      [{ Amount: 5, Records: 54_321 }, 'DATASET_TYPE'],
    ];
    for (const [features, code] of unfit) {
      const thrown = await failure(asking, {
        id: '2',
        features: features as Record<string, string | number>,
      });
      expect(thrown.code).toBe(code);
      // Messages name features, never values.
      expect(thrown.message).not.toContain('54321');
    }
    expect(asked).toEqual([]);
  });

  it('says at the bank which side has no row of the customer', async () => {
    const asking = stage.asking(relayTo(stage, answeringAll()));
    expect(await failure(asking, { id: '77' })).toMatchObject({
      code: 'SCORE_UNKNOWN_CUSTOMER',
      parties: ['bank-a'],
    });
    expect(await failure(asking, { id: ' ' })).toMatchObject({ code: 'SCORE_UNKNOWN_CUSTOMER' });
    expect(await failure(asking, { id: '5' })).toMatchObject({
      code: 'SCORE_UNKNOWN_CUSTOMER',
      parties: ['platform-b'],
    });
    const applicant = { id: '88', features: { Amount: 5, Records: 'no' } };
    expect(await failure(asking, applicant)).toMatchObject({ parties: ['platform-b'] });
  });

  it('names a partner that refuses, or is too late', async () => {
    stage.allow('platform-b', { scores: { online: false } });
    const refused = stage.asking(relayTo(stage, answeringAll()));
    expect(await failure(refused, { id: '2' })).toMatchObject({
      code: 'SCORE_REFUSED',
      parties: ['platform-b'],
    });
    const silent = stage.asking(() => new Promise(() => {}), 20);
    expect(await failure(silent, { id: '2' })).toMatchObject({
      code: 'SCORE_TIMEOUT',
      parties: ['platform-b'],
    });
  });

  it('knows before the first customer which partner would not answer', async () => {
    const asking = stage.asking(relayTo(stage, answeringAll()));
    expect(await asking.unready()).toEqual([]);
    stage.allow('platform-b', { scores: { online: false } });
    expect(await asking.unready()).toMatchObject([{ code: 'SCORE_REFUSED', parties: ['platform-b'] }]);
  });

  it('asks with a fresh request id each time, and accepts no answer to another question', async () => {
    const platforms = answeringAll();
    const relay = relayTo(stage, platforms);
    const ids = new Set<string>();
    let first: Awaited<ReturnType<typeof relay>> | undefined;
    const asking = stage.asking(async (question) => {
      ids.add(question.requestId);
      first ??= await relay(question);
      return first;
    });
    await asking.score({ id: '2' });
    expect((await failure(asking, { id: '1' })).code).toBe('SEALED_INVALID');
    expect(ids.size).toBe(2);
  });

  it('is refused when the pin of the partner changed', async () => {
    const asking = stage.asking(relayTo(stage, answeringAll()));
    await asking.score({ id: '2' });
    stage.pin('bank-a', []);
    expect((await failure(asking, { id: '2' })).code).toBe('PEER_NOT_PINNED');
  });

  it('is the label holder’s alone', async () => {
    const job = stage.job('platform-b');
    const { ScoreAsking: Asking } = await import('../../../participant/online/index.js');
    const { modelOf } = await import('./stage.js');
    const model = modelOf(stage.jobId, 'platform-b', stage.names);
    const parts = {
      job,
      model,
      clock: stage.clock,
      deadlineMs: 1,
      signer: stage.play.cast.signer('platform-b'),
    };
    const rest = {
      table: () => Promise.reject(new Error()),
      pins: () => new Map(),
      ask: async () => {
        throw new Error();
      },
    };
    expect(() => new Asking({ ...parts, ...rest } as AskingParts)).toThrow(
      expect.objectContaining({ code: 'MODEL_UNKNOWN' }),
    );
  });
});

describe('a score of a bank and several platforms', () => {
  beforeEach(trio);

  it('is the sum of all parts', async () => {
    const score = await stage.asking(relayTo(stage, answeringAll())).score({ id: '1' });
    const sum = [0, 2, 1].reduce((total, bin) => total + toUnits(part(platformFeatures, bin)), 0);
    expect(score.contributions.partners).toBeCloseTo(-factor * calibration.slope * sum, 1);
  });

  it('shows the bank words that say nothing one by one', async () => {
    const platforms = answeringAll();
    const words = new Map<string, number[]>();
    const relay = relayTo(stage, platforms);
    const bank = stage.job('bank-a');
    const asking = stage.asking(async (question) => {
      const sealed = await relay(question);
      const { requestId, to } = question;
      const from = bank.entries.get(to)!;
      const answer = await openAnswer({ job: bank, requestId, from, sealed }, 4);
      if (answer.kind === 'part') {
        const word = Buffer.from(answer.body).readUInt32BE();
        words.set(to, [...(words.get(to) ?? []), word]);
      }
      return sealed;
    });
    for (let turn = 0; turn < 3; turn++) await asking.score({ id: '1' });
    for (const each of words.values()) {
      expect(new Set(each).size).toBe(3);
      // A part of this model is below 2^12 units; six words within that by chance: 2^-120.
      expect(each.some((word) => Math.abs(word | 0) > 4096)).toBe(true);
    }
  });

  it('tells nothing to a bank that asks for two customers under one request id', async () => {
    const platforms = answeringAll();
    const relay = relayTo(stage, platforms);
    const bank = stage.job('bank-a');
    const signer = stage.play.cast.signer('bank-a');
    // Differences of such sums would be parts of single platforms.
    const asking = stage.asking(async (question) => {
      if (question.to !== 'platform-b') return relay(question);
      const customer = new Uint8Array(createHash('sha256').update('2').digest());
      const to = bank.entries.get(question.to)!;
      const asked = { customer, askedMs: stage.nowMs };
      const sealed = await sealQuestion({ job: bank, signer, requestId: question.requestId, to }, asked);
      return relay({ ...question, sealed });
    });
    expect((await failure(asking, { id: '1' })).code).toBe('MESSAGE_MALFORMED');
  });

  it('names every partner that lacks the customer, and those that refuse before those', async () => {
    stage.give('platform-b', [[2, 35]]);
    stage.give('platform-c', [[2, 35]]);
    const asking = stage.asking(relayTo(stage, answeringAll()));
    const unknown = await failure(asking, { id: '1' });
    expect(unknown.code).toBe('SCORE_UNKNOWN_CUSTOMER');
    expect([...unknown.parties].sort()).toEqual(['platform-b', 'platform-c']);
    stage.allow('platform-d', { scores: { online: false } });
    expect(await failure(asking, { id: '1' })).toMatchObject({
      code: 'SCORE_REFUSED',
      parties: ['platform-d'],
    });
  });

  it('is not put together from what one of them says for another', async () => {
    const platforms = answeringAll();
    const relay = relayTo(stage, platforms);
    const asking = stage.asking((question) =>
      relay(question.to === 'platform-b' ? { ...question, to: 'platform-c' as never } : question),
    );
    expect((await failure(asking, { id: '1' })).code).toBe('SEALED_INVALID');
  });

  it('is refused when a partner adds more than a score can be', async () => {
    const relay = relayTo(stage, answeringAll());
    const liar = stage.job('platform-b');
    const asking = stage.asking(async (question) => {
      if (question.to !== 'platform-b') return relay(question);
      const { requestId } = question;
      const to = liar.entries.get('bank-a')!;
      const signer = stage.play.cast.signer('platform-b');
      const body = Uint8Array.of(0, 0, 0x30, 0x39);
      return sealAnswer({ job: liar, signer, requestId, to }, { kind: 'part', body }, 4);
    });
    expect(await failure(asking, { id: '1' })).toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });
});

describe('masks of single questions', () => {
  beforeEach(trio);

  const customer = (fill: number) => new Uint8Array(32).fill(fill);
  const sum = (words: readonly number[]) => words.reduce((total, word) => (total + word) % 2 ** 32, 0);

  it('cancel over all feature holders for one request and customer, and for nothing else', () => {
    const all = stage.names.slice(1).map((name) => new OnlineMasks(stage.job(name)));
    for (const requestId of ['1', '2', '3'].map((digit) => digit.repeat(32))) {
      expect(sum(all.map((masks) => masks.of(requestId, customer(1))))).toBe(0);
      expect(sum(all.map((masks, at) => masks.of(requestId, customer(at))))).not.toBe(0);
      expect(sum(all.slice(1).map((masks) => masks.of(requestId, customer(1))))).not.toBe(0);
    }
    const [b, c, d] = all as [OnlineMasks, OnlineMasks, OnlineMasks];
    const mixed = [b.of('1', customer(1)), c.of('2', customer(1)), d.of('1', customer(1))];
    expect(sum(mixed)).not.toBe(0);
  });

  it('are none with one feature holder', async () => {
    await stage.close();
    await pair();
    expect(new OnlineMasks(stage.job('platform-b')).of('1', customer(1))).toBe(0);
  });
});

describe('a job whose answers are over', () => {
  beforeEach(pair);

  it('is refused by a journal that never had it, and by one that kept no key', async () => {
    const { onlineJob } = await import('../../../participant/online/online-job.js');
    const journal = stage.journal('bank-a');
    const pinned = stage.play.cast.pinned;
    const job = async (jobId: string) => onlineJob(journal, jobId as never, 'bank-a' as never, pinned);
    expect(await codedAsync(job(`job-${'1'.repeat(32)}`))).toBe('MODEL_UNKNOWN');
    expect(await codedAsync(job(stage.jobId))).toBe('no error');
    journal.keepJob(stage.jobId, 'left');
    journal.conclude(stage.jobId);
    journal.keepJob(stage.jobId, 'finished');
    expect(await codedAsync(job(stage.jobId))).toBe('MODEL_UNKNOWN');
  });
});
