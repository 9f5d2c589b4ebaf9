import { describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { pooledAdder } from '../../../coordinator/adding/index.js';
import {
  estimate,
  findRound,
  jobView,
  Presence,
  roundView,
  roundViews,
} from '../../../coordinator/jobs/index.js';
import { isExchanging } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { TableJob } from './support/table-job.js';
import { bank, opens, parcelPost, platform, reportPost, verticalSpec } from './support/vertical.js';

const three = ['bank-a', 'bank-b', 'platform-x'] as ParticipantName[];
const second = three[1]!;

function sources(job: TableJob, presence = new Presence()) {
  const parties = new Map([[bank as string, { organisation: 'Bank A', role: 'bank' }]]);
  return { presence, parties, nowMs: job.nowMs, describe: (set: string) => `the ${set} set` };
}

function connected(...names: string[]): Presence {
  const presence = new Presence();
  for (const name of names) presence.connect(name);
  return presence;
}

function stepOf({ state }: TableJob): number {
  if (!isExchanging(state)) throw new Error('no step is open');
  return state.openStep.step.number;
}

/** A finished job that released everything it may. */
function reported(): TableJob {
  const job = TableJob.of(verticalSpec({ release: ['auc', 'rows', 'iv'] })).run(opens('close'));
  const iv = (feature: string, value: number) => ({ party: platform, feature, bins: 4, iv: value });
  const metrics = [
    { name: 'auc', round: 2, value: 0.81 },
    { name: 'rows', round: 0, value: 900 },
  ];
  const counts = { labelFunctionals: 44, scoresReleased: 300 };
  job.post(bank, reportPost(stepOf(job), bank, { metrics, features: [iv('region', 0.2)], ...counts }));
  return job.post(
    platform,
    reportPost(stepOf(job), platform, { features: [iv('region', 0.21), iv('visits', 0.4)] }),
  );
}

describe('the view of a vertical job', () => {
  it('says what it is, where it stands and who owes what to whom', () => {
    const job = TableJob.of(verticalSpec({}, three)).run(opens('hop', 1));
    expect(jobView(job.state, sources(job, connected(bank)))).toMatchObject({
      state: 'fitting',
      phase: 'hop',
      mode: 'vertical',
      type: 'training',
      labelHolder: bank,
      model: 'logistic',
      algorithm: '',
      round: 1,
      rounds: 2,
      metrics: [],
      features: [],
      labelFunctionals: 0,
      scoresReleased: 0,
      fingerprint: '',
      waitingFor: [
        'bank-b to send the residual gathered so far to platform-x, not connected (fedrisk participant start)',
      ],
    });
  });

  it('says of a horizontal job what it always said', () => {
    const job = new TableJob().run();
    expect(jobView(job.state, sources(job))).toMatchObject({
      mode: 'horizontal',
      type: '',
      labelHolder: '',
      features: [],
      algorithm: 'fedavg',
      bestRound: 2,
    });
  });

  it('shows what the reports released, IV as the owner of the feature gave it', () => {
    const job = reported();
    expect(jobView(job.state, sources(job))).toMatchObject({
      state: 'finished',
      bestRound: 2,
      fingerprint: (job.state as { fingerprint: string }).fingerprint,
      metrics: [
        { name: 'auc', value: 0.81 },
        { name: 'rows', value: 900 },
      ],
      features: [
        { party: platform, feature: 'region', iv: 0.21 },
        { party: platform, feature: 'visits', iv: 0.4 },
      ],
      labelFunctionals: 44,
      scoresReleased: 300,
      waitingFor: [],
      deadlineMs: 0,
    });
  });

  it('shows who works, waits, has sent and reported; bytes come from the transcript', () => {
    const job = TableJob.of(verticalSpec()).run(opens('blind'));
    const presence = connected(bank, platform);
    presence.report(job.state.charter.jobId, bank, { sum: 1, step: 'psi', fraction: 0.4 });
    presence.report(job.state.charter.jobId, platform, { sum: 0, step: 'psi', fraction: 0.9 });
    const seen = () =>
      jobView(job.state, sources(job, presence)).participants.map((one) => [one.state, one.fraction]);
    expect(seen()).toEqual([
      ['working', 0.4],
      ['waiting', 0],
    ]);
    job.post(bank, job.honest(bank)!);
    expect(seen()).toEqual([
      ['sent', 1],
      ['waiting', 0],
    ]);
    const [keys, blind] = [parcelPost(0, bank, platform).bytes, parcelPost(1, bank, platform).bytes];
    const [ofBank, ofPlatform] = jobView(job.state, sources(job)).participants;
    // The parcel of the open step has been sent, and not yet been fetched for certain.
    expect([ofBank?.bytesUp, ofPlatform?.bytesDown]).toEqual([keys + blind, keys]);
    job.run(opens('close')).post(platform, job.honest(platform)!);
    expect(seen()).toEqual([
      ['waiting', 0],
      ['reported', 1],
    ]);
  });

  it('estimates the time left from the pace of the iterations so far', () => {
    const job = TableJob.of(verticalSpec({ training: { iterations: 4 } })).run(opens('terms', 2));
    const [first] = roundViews(job.state, sources(job)).filter(({ purpose }) => purpose === 'fitting');
    const pace = (first!.agreedMs - first!.startedMs) / 1000;
    expect(pace).toBeGreaterThan(0);
    expect(jobView(job.state, sources(job)).secondsLeft).toBeCloseTo(3 * pace, 6);
    job.nowMs += 1_000_000;
    expect(jobView(job.state, sources(job)).secondsLeft).toBe(0);
    job.run(opens('parts'));
    expect(jobView(job.state, sources(job)).secondsLeft).toBe(0);
  });
});

describe('the view of a boosting job', () => {
  const trees = { type: 'boosting', trees: { count: 5, depth: 3 } };
  const shown = (job: TableJob) => jobView(job.state, sources(job));

  it('says on which level of which tree it is', () => {
    const job = TableJob.of(verticalSpec(trees)).run(opens('histograms', 2));
    expect(shown(job)).toMatchObject({ round: 2, rounds: 5, level: 1, levels: 3, phase: 'histograms' });
    job.post(platform, job.honest(platform)!).run(opens('splits', 2));
    expect(shown(job)).toMatchObject({ level: 1, phase: 'splits' });
    job.run(opens('gradients', 2)).run(opens('sides', 2));
    expect(shown(job)).toMatchObject({ level: 2, phase: 'sides' });
    job.run(opens('tree', 2));
    expect(shown(job)).toMatchObject({ level: 0, levels: 3, phase: 'tree' });
    const levels = roundViews(job.state, sources(job))
      .at(-1)!
      .steps.map(({ level }) => level);
    expect(levels).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 0]);
    expect(shown(TableJob.of(verticalSpec()))).toMatchObject({ level: 0, levels: 0 });
  });

  it('takes no pace from the tree that the label holder grew alone', () => {
    const job = TableJob.of(verticalSpec(trees)).run(opens('gradients', 2));
    const trees1 = roundViews(job.state, sources(job)).filter(({ purpose }) => purpose === 'fitting');
    expect(trees1[0]).toMatchObject({ round: 1 });
    expect(trees1[0]!.agreedMs).toBeGreaterThan(0);
    // Nothing to go by before the first level with partners is done; then that level, three times in each of four trees.
    expect(shown(job).secondsLeft).toBe(0);
    const begunMs = job.nowMs;
    job.run(opens('sides', 2)).run(opens('gradients', 2));
    const levelSeconds = (job.nowMs - begunMs) / 1000;
    expect(levelSeconds).toBeGreaterThan(0);
    expect(shown(job).secondsLeft).toBeCloseTo(4 * 3 * levelSeconds - levelSeconds, 6);
    job.run(opens('gradients', 3));
    const second = roundViews(job.state, sources(job)).find(({ round }) => round === 2)!;
    expect(shown(job).secondsLeft).toBeCloseTo((3 * (second.agreedMs - second.startedMs)) / 1000, 6);
  });
});

describe('the rounds of a vertical job', () => {
  it('are its phases, and in the fit its iterations', () => {
    const job = reported();
    const rounds = roundViews(job.state, sources(job));
    expect(
      rounds.map(({ sum, purpose, round, steps }) => [sum, purpose, round, steps.map(({ name }) => name)]),
    ).toEqual([
      [0, 'aligning', 0, ['keys', 'blind', 'pledge', 'double', 'select']],
      [1, 'binning', 0, ['labels', 'counts', 'woe']],
      [2, 'fitting', 1, ['terms', 'products', 'openings']],
      [3, 'fitting', 2, ['terms', 'products', 'openings']],
      [4, 'scoring', 0, ['parts', 'result', 'close']],
    ]);
    for (const [at, { agreedMs, startedMs, phase, verification }] of rounds.entries()) {
      expect([phase, verification]).toEqual(['agreed', 'verified']);
      expect(agreedMs).toBeGreaterThanOrEqual(startedMs);
      expect(rounds[at + 1]?.startedMs ?? agreedMs).toBe(agreedMs);
    }
    expect(rounds[2]?.keyHolders).toEqual([bank, platform]);
    expect(rounds[1]?.keyHolders).toEqual([]);
    expect(rounds[4]).toMatchObject({ fingerprint: (job.state as { fingerprint: string }).fingerprint });
    expect(rounds[4]?.metrics).toHaveLength(2);
  });

  it('hold every parcel with its digest, size and times', () => {
    const job = reported();
    const view = roundView(job.state, findRound(job.state, { round: 1 }), sources(job));
    const [terms] = view.steps;
    const there = parcelPost(terms!.step, bank, platform);
    const back = parcelPost(terms!.step, platform, bank);
    const shown = ({ bytes, digest, timings }: typeof there) => ({ bytes, digest, timings });
    expect(terms?.parcels).toEqual([
      { from: bank, to: platform, ...shown(there) },
      { from: platform, to: bank, ...shown(back) },
    ]);
    expect(view.participants[0]).toMatchObject({
      name: bank,
      state: 'sent',
      timings: [0, 1, 2].map((after) => ({ step: 'work', ms: terms!.step + after + 1 })),
    });
  });

  it('count the work of a step once, however many parcels carry its times', () => {
    const job = TableJob.of(verticalSpec({}, three)).run(opens('blind'));
    const view = roundView(job.state, findRound(job.state, { sum: 0 }), sources(job));
    const sent = view.steps[0]?.parcels.filter(({ from }) => from === second);
    expect(sent).toHaveLength(2);
    expect(view.participants[1]?.timings).toEqual([{ step: 'work', ms: 1 }]);
    expect(view.participants[1]?.bytesUp).toBe(sent!.reduce((bytes, parcel) => bytes + parcel.bytes, 0));
  });

  it('wait in their open step, and are pending', () => {
    const job = TableJob.of(verticalSpec()).run(opens('counts'));
    const last = roundViews(job.state, sources(job, connected(platform))).at(-1)!;
    expect(last).toMatchObject({
      purpose: 'binning',
      phase: 'collecting',
      verification: 'pending',
      agreedMs: 0,
    });
    const waits = ['platform-x to send the masked bad counts of its bins to bank-a'];
    expect(last.waitingFor).toEqual(waits);
    expect(last.steps.map(({ name, waitingFor, endedMs }) => [name, waitingFor, endedMs > 0])).toEqual([
      ['labels', [], true],
      ['counts', waits, false],
    ]);
  });

  it('show where a job failed', () => {
    const job = TableJob.of(verticalSpec()).run(opens('products', 2));
    job.post(platform, { kind: 'abort', code: 'CIPHERTEXT_MALFORMED', detail: 'size', sum: 12, party: bank });
    const rounds = roundViews(job.state, sources(job));
    expect(rounds.at(-2)).toMatchObject({ round: 1, phase: 'agreed', verification: 'pending' });
    expect(rounds.at(-1)).toMatchObject({ round: 2, phase: 'failed', verification: 'CIPHERTEXT_MALFORMED' });
    expect(rounds.at(-1)?.steps.at(-1)).toMatchObject({ name: 'products', endedMs: 0 });
  });

  it('that were not reached are an error with a code', () => {
    const job = TableJob.of(verticalSpec()).run(opens('terms', 1));
    expect(findRound(job.state, { round: 1 }).round).toBe(1);
    expect(coded(() => findRound(job.state, { round: 2 }))).toBe('ROUND_UNKNOWN');
    expect(coded(() => findRound(job.state, { sum: 3 }))).toBe('ROUND_UNKNOWN');
    expect(coded(() => findRound(TableJob.of(verticalSpec()).state, { sum: 0 }))).toBe('ROUND_UNKNOWN');
  });
});

describe('an estimate of a vertical job', () => {
  const adder = pooledAdder();

  it('is per 10,000 rows, says so, and grows with iterations, features and parties', () => {
    const one = estimate(verticalSpec(), adder, []);
    expect(one.basis).toContain('per 10000 common rows');
    expect(one.valuesPerRound).toBe(3);
    const longer = estimate(verticalSpec({ training: { iterations: 12 } }), adder, []);
    expect(longer.totalSeconds - one.totalSeconds).toBeCloseTo(10 * one.protectionSecondsPerRound, 6);
    expect(estimate(verticalSpec({}, three), adder, []).totalSeconds).toBeGreaterThan(one.totalSeconds);
    const binning = estimate(verticalSpec({ type: 'binning' }), adder, []);
    expect(binning.totalSeconds).toBeLessThan(one.totalSeconds);
    expect(binning.totalSeconds).toBe(binning.protectionSecondsPerRound);
  });

  it('takes finished vertical jobs for no model of a horizontal one', () => {
    const { spec } = new TableJob().state.charter;
    expect(estimate(spec, adder, [reported().state]).basis).toContain('reference figures');
  });
});
