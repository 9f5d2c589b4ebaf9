import { describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { pooledAdder } from '../../../coordinator/adding/index.js';
import {
  estimate,
  findRound,
  jobView,
  Presence,
  roundPage,
  roundView,
  roundViews,
} from '../../../coordinator/jobs/index.js';
import { workOf } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { five, fiveJob, without } from './support/five.js';
import { roster, spec } from './support/honest.js';
import { reaches, TableJob, upload } from './support/table-job.js';
import { opens, verticalSpec } from './support/vertical.js';

const [a, b, x] = roster as [ParticipantName, ParticipantName, ParticipantName];
const parties = new Map(
  roster.map((name) => [name as string, { organisation: `Org of ${name}`, role: 'bank' }]),
);

function sources(job: TableJob, presence = new Presence()) {
  return { presence, parties, nowMs: job.nowMs, describe: (set: string) => `the ${set} set` };
}

function connected(...names: string[]): Presence {
  const presence = new Presence();
  for (const name of names) presence.connect(name);
  return presence;
}

describe('the view of a job', () => {
  it('names everybody the job waits for, what they must do, and who is away', () => {
    const job = new TableJob();
    job.post(a, job.honest(a)!);
    expect(jobView(job.state, sources(job, connected(a, b)))).toMatchObject({
      state: 'awaiting-consent',
      waitingFor: [
        'bank-b to approve the job (fedrisk participant approvals list)',
        'platform-x to approve the job, not connected (fedrisk participant start)',
      ],
      participants: [
        { name: 'bank-a', state: 'consented', connected: true },
        { name: 'bank-b', state: 'waiting', connected: true },
        { name: 'platform-x', state: 'waiting', connected: false },
      ],
    });
    job.run(reaches('update', 'collecting', 1)).post(a, job.honest(a)!);
    const { waitingFor, phase, round } = jobView(job.state, sources(job, connected(...roster)));
    expect([waitingFor, phase, round]).toEqual([
      ['bank-b to upload round 1', 'platform-x to upload round 1'],
      'collecting',
      1,
    ]);
  });

  it('says that the coordinator is adding when everybody has signed', () => {
    const job = new TableJob().run(reaches('update', 'unmasking', 1));
    for (const name of roster) job.post(name, job.honest(name)!);
    expect(jobView(job.state, sources(job)).waitingFor).toEqual(['the coordinator to add round 1']);
  });

  it('waits for nobody once it ended, and keeps showing where it ended', () => {
    const job = new TableJob().run(reaches('update', 'collecting', 2));
    job.post(b, { kind: 'abort', code: 'UPDATE_NOT_FINITE', detail: 'loss is NaN', sum: 3, party: '' });
    expect(jobView(job.state, sources(job))).toMatchObject({
      state: 'failed',
      code: 'UPDATE_NOT_FINITE',
      detail: 'bank-b: loss is NaN',
      phase: 'collecting',
      round: 2,
      waitingFor: [],
      deadlineMs: 0,
      endedMs: job.nowMs,
      secondsLeft: 0,
      parties: ['bank-b'],
    });
    expect(roundViews(job.state, sources(job)).at(-1)).toMatchObject({
      phase: 'failed',
      verification: 'UPDATE_NOT_FINITE',
    });
  });

  it('lists rounds in pages that hold all of them once, in order, whatever fits into one', () => {
    const job = new TableJob().run();
    const all = roundViews(job.state, sources(job));
    for (const mostBytes of [0, 150, 250, 1e9]) {
      const listed: typeof all = [];
      const pages: number[] = [];
      for (let from = 0; from > 0 || pages.length === 0; ) {
        const { rounds, next } = roundPage(job.state, sources(job), { from, mostBytes, sizeOf: () => 100 });
        listed.push(...rounds);
        pages.push(rounds.length);
        from = next;
      }
      expect(listed).toEqual(all);
      expect(Math.max(...pages)).toBe(Math.min(Math.max(Math.ceil(mostBytes / 100), 1), all.length));
    }
    const behind = { from: all.length, mostBytes: 1e9, sizeOf: () => 100 };
    expect(roundPage(job.state, sources(job), behind)).toEqual({ rounds: [], next: 0 });
  });

  it('shows progress between two posts, of the current sum only', () => {
    const job = new TableJob().run(reaches('update', 'collecting', 1));
    const presence = connected(...roster);
    presence.report(job.state.charter.jobId, a, { sum: 2, step: 'train', fraction: 0.25 });
    presence.report(job.state.charter.jobId, b, { sum: 1, step: 'train', fraction: 0.9 });
    expect(jobView(job.state, sources(job, presence)).participants).toMatchObject([
      { state: 'training', fraction: 0.25 },
      { state: 'waiting', fraction: 0 },
      { state: 'waiting', fraction: 0 },
    ]);
  });

  it('counts bytes from the transcript', () => {
    const job = new TableJob().run();
    for (const { bytesUp, bytesDown } of jobView(job.state, sources(job)).participants) {
      expect([bytesUp, bytesDown]).toEqual([5 * upload.bytes, 5 * 500]);
    }
  });

  it('estimates the time left from the pace of the rounds so far', () => {
    const job = new TableJob({ training: { rounds: 4 } }).run(reaches('update', 'collecting', 2));
    const [first] = roundViews(job.state, sources(job)).filter(({ purpose }) => purpose === 'update');
    const pace = (first!.agreedMs - first!.startedMs) / 1000;
    // Rounds 2, 3, 4 and the evaluation are ahead, and round 2 has just begun.
    expect(jobView(job.state, sources(job)).secondsLeft).toBeCloseTo(4 * pace, 6);
  });
});

describe('the view of a job with dropouts', () => {
  const away = five[3]!;
  /** Round 1 without bank-d, waiting for signatures. */
  const partial = () =>
    fiveJob()
      .run(reaches('update', 'collecting', 1))
      .run(() => false, without(away))
      .tick(60_000);

  it('shows who is waited for in grace, then who was left out and what the sum had to have', () => {
    const early = fiveJob().run(reaches('update', 'collecting', 1));
    early.run(() => false, without(away));
    expect(jobView(early.state, sources(early, connected(...five)))).toMatchObject({
      waitingFor: ['bank-d to upload round 1'],
      deadlineMs: early.nowMs + 60_000,
      stalledUntilMs: 0,
    });
    const job = partial();
    expect(roundViews(job.state, sources(job)).at(-1)).toMatchObject({
      phase: 'unmasking',
      needed: 4,
      survivors: without(away),
      leftOut: [away],
    });
    expect(jobView(job.state, sources(job)).participants[3]).toMatchObject({
      state: 'left-out',
      fraction: 0,
    });
    job.run(reaches('update', 'collecting', 2), without(away));
    expect(roundView(job.state, findRound(job.state, { round: 1 }), sources(job))).toMatchObject({
      verification: 'verified by a quorum',
      leftOut: [away],
    });
    // It may open what it had no part in.
    job.run(() => job.honest(away)?.kind !== 'applied', [away]);
    expect(roundView(job.state, findRound(job.state, { round: 1 }), sources(job))).toMatchObject({
      verification: 'verified',
      participants: five.map(() => ({ state: 'applied' })),
    });
  });

  it('shows until when a stalled job waits, and no longer once enough are there', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    job.run(() => false, without(away, 'platform-x' as ParticipantName)).tick(1_800_000);
    expect(jobView(job.state, sources(job, connected(a)))).toMatchObject({
      waitingFor: [
        'bank-d to upload round 1, not connected (fedrisk participant start)',
        'platform-x to upload round 1, not connected (fedrisk participant start)',
      ],
      stalledUntilMs: job.nowMs + 3_600_000,
      deadlineMs: job.nowMs + 3_600_000,
    });
    job.post(away, job.honest(away)!);
    expect(jobView(job.state, sources(job))).toMatchObject({
      stalledUntilMs: 0,
      deadlineMs: job.nowMs + 60_000,
    });
    job.tick(60_000).tick(300_000);
    expect(jobView(job.state, sources(job)).stalledUntilMs).toBe(job.nowMs + 3_600_000);
    job.run((state) => workOf(state) !== undefined);
    expect(jobView(job.state, sources(job))).toMatchObject({
      stalledUntilMs: 0,
      waitingFor: ['the coordinator to add round 1'],
    });
  });

  it('shows who left, why, and no debt of it', () => {
    const job = partial();
    job.post(away, { kind: 'abort', code: 'TRAINING_FAILED', detail: 'out of memory', sum: 2, party: '' });
    const view = jobView(job.state, sources(job, connected(...five)));
    expect(view.participants[3]).toMatchObject({
      state: 'left',
      code: 'TRAINING_FAILED',
      detail: 'out of memory',
      fraction: 0,
    });
    expect(view.waitingFor).toHaveLength(4);
    job.run(reaches('update', 'collecting', 2));
    expect(roundView(job.state, findRound(job.state, { round: 1 }), sources(job))).toMatchObject({
      verification: 'verified',
      participants: [{}, {}, {}, { name: away, state: 'left' }, {}],
    });
    expect(roundView(job.state, findRound(job.state, { sum: 1 }), sources(job))).toMatchObject({
      participants: five.map(() => ({ state: 'applied' })),
    });
  });

  it('shows a stalled step of a vertical job', () => {
    const job = TableJob.of(verticalSpec()).run(opens('blind')).tick(1_800_000);
    expect(jobView(job.state, sources(job))).toMatchObject({
      phase: 'blind',
      stalledUntilMs: job.nowMs + 3_600_000,
    });
  });
});

describe('the view of a round', () => {
  it('holds digests, sizes, times, survivors and the verdict', () => {
    const job = new TableJob().run();
    expect(roundView(job.state, findRound(job.state, { round: 1 }), sources(job))).toMatchObject({
      sum: 2,
      parameterSet: 'narrow',
      parameters: 'the narrow set',
      keyHolders: roster,
      survivors: roster,
      survivorSignatures: 3,
      valueCount: upload.valueCount,
      sumBytes: 500,
      addMs: 7,
      verification: 'verified',
      metrics: [{ name: 'auc', round: 1, value: 0.7 }],
      participants: roster.map((name) => ({
        name,
        state: 'applied',
        bytesUp: upload.bytes,
        digest: upload.digest,
        timings: [
          { step: 'train', ms: 5 },
          { step: 'decrypt', ms: 3 },
        ],
      })),
    });
  });

  it('is pending while reports are missing', () => {
    const job = new TableJob().run(reaches('update', 'applying', 1));
    expect(roundViews(job.state, sources(job)).at(-1)).toMatchObject({
      verification: 'pending',
      waitingFor: [a, b, x].map(
        (name) => `${name} to open and apply round 1, not connected (fedrisk participant start)`,
      ),
    });
  });

  it('of a round that was not reached is an error with a code', () => {
    const job = new TableJob().run(reaches('update', 'collecting', 1));
    expect(coded(() => findRound(job.state, { round: 2 }))).toBe('ROUND_UNKNOWN');
    expect(coded(() => findRound(job.state, { sum: 9 }))).toBe('ROUND_UNKNOWN');
    expect(findRound(job.state, { sum: 2 }).round).toBe(1);
  });
});

describe('an estimate', () => {
  const adder = pooledAdder();

  it('counts model parameters of the expected columns: 2 per number, 33 per category', () => {
    const small = estimate(spec({ model: { kind: 'logistic' } }), adder, []).valuesPerRound;
    const mlp = { model: { kind: 'mlp', hidden: [16] } };
    const inputs = 2 + 33;
    expect(estimate(spec(mlp), adder, []).valuesPerRound - small).toBe((inputs + 1) * 16 + 17 - (inputs + 1));
    const layers = [16, 1].map((units) => ({ class_name: 'Dense', config: { units } }));
    const topology = { model: { kind: 'layers', topology: { config: { layers } } } };
    expect(estimate(spec(topology), adder, []).valuesPerRound).toBe(
      estimate(spec(mlp), adder, []).valuesPerRound,
    );
  });

  it('uses finished jobs of the same model and size only', () => {
    const { valuesPerRound } = estimate(spec(), adder, []);
    const like = new TableJob();
    like.run(reaches('update', 'collecting', 1));
    expect(estimate(spec(), adder, [like.state]).trainingSecondsPerRound).toBe(0);
    const finished = new TableJob({}, { ...upload, valueCount: valuesPerRound }).run();
    const known = estimate(spec(), adder, [finished.state]);
    expect(known.trainingSecondsPerRound).toBe(0.005);
    expect(known.basis).toContain('2 rounds of finished jobs');
    expect(estimate(spec(), adder, [new TableJob().run().state]).basis).toContain('reference figures');
  });
});
