import { describe, expect, it } from 'vitest';
import type { ParticipantName, PostOf } from '../../../contract/index.js';
import { type JobState, step, sumsDoneWith, workOf } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { collected } from './support/dropouts.js';
import { agreedSum, five, fiveJob, summing, survivorSets, without } from './support/five.js';
import { digest, reveal, roster } from './support/honest.js';
import { reaches, TableJob } from './support/table-job.js';

const [a, b, , d, x] = five as [
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
];
const graceMs = 60_000;
const roundMs = 1_800_000;
const openingMs = 300_000;
const rejoinMs = 3_600_000;

function last(job: TableJob) {
  return job.events.at(-1)?.body;
}

describe('a participant that vanishes before its upload', () => {
  it('is waited for as long as grace lasts, and then left out', () => {
    const job = collected(d);
    expect(job.tick(graceMs - 1).state).toMatchObject({ current: { phase: 'collecting' } });
    job.tick(1);
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
  });

  it('has its grace from when enough were there, not from when it was asked', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    const endMs = job.nowMs + roundMs;
    job.run(() => false, without(d, x)).tick(roundMs - graceMs / 2);
    job.run(() => false, [x]);
    expect(summing(job.tick(endMs - job.nowMs - 1)).current.phase).toBe('collecting');
    // The round is over before grace is.
    expect(summing(job.tick(1)).current).toMatchObject({ phase: 'unmasking', members: without(d) });
  });

  it('is included when it comes within grace, and nobody waits any longer then', () => {
    const job = collected(d).tick(graceMs - 1);
    job.post(d, job.honest(d)!);
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: five });
  });

  it('is never left out by a post: only time closes a round that waits for somebody', () => {
    const job = collected(d);
    job.nowMs += roundMs + graceMs;
    job.post(d, job.honest(d)!);
    expect(summing(job).current).toMatchObject({ members: five });
  });

  it('does not keep the others from finishing', () => {
    const job = collected(d);
    while (job.state.kind !== 'finished') job.tick(graceMs).run(() => false, without(d));
    expect(survivorSets(job)).toEqual([five, five, ...Array.from({ length: 3 }, () => without(d))]);
    expect(job.state).toMatchObject({ rounds: 2, fingerprint: digest('model', 4) });
  });

  it('is waited for by all in statistics, which stall without it', () => {
    const job = fiveJob()
      .run(reaches('moments', 'collecting'))
      .run(() => false, without(d));
    expect(job.tick(graceMs).state).toMatchObject({ current: { phase: 'collecting', needed: 5 } });
    job.tick(roundMs);
    expect(last(job)).toEqual({ kind: 'stalled', missing: [d], deadlineMs: job.nowMs + rejoinMs });
    job.tick(rejoinMs - 1);
    expect(summing(job.run(() => false, [d])).current).toMatchObject({ phase: 'unmasking', members: five });
  });

  it('stalls the round when the job asks for more than is safe at least', () => {
    const job = collected(d, { participation: { quorum: 5 } });
    job.tick(roundMs);
    expect(last(job)).toMatchObject({ kind: 'stalled', missing: [d] });
  });
});

describe('a participant that vanishes after its upload', () => {
  it('is in the sum: the others sign, open and agree without it, at once', () => {
    const job = fiveJob().run(reaches('update', 'unmasking', 1));
    const startedMs = job.nowMs;
    job.run(reaches('update', 'collecting', 2), without(d));
    expect(summing(job).past.at(-1)).toMatchObject({ members: five, phase: 'agreed' });
    expect(job.nowMs - startedMs).toBeLessThan(100);
  });

  it('may sign and reveal after the others had enough', () => {
    const job = fiveJob().run(reaches('update', 'unmasking', 1));
    const signature = job.honest(d)!;
    job.run(reaches('update', 'collecting', 2), without(d));
    job.post(d, signature).post(d, reveal(2)).post(d, job.honest(d)!);
    const round = agreedSum(job, 2);
    expect([round.signatures.size, round.reveals.size, round.reports.size]).toEqual([5, 5, 5]);
  });
});

describe('a participant that vanishes before it reveals', () => {
  it('is not waited for while Q others are there', () => {
    const job = fiveJob().run(reaches('update', 'applying', 1));
    job.run(reaches('update', 'collecting', 2), without(d));
    expect(new Set(agreedSum(job, -1).reveals.keys())).toEqual(new Set(without(d)));
  });

  it('stalls the sum when too few are left, which goes on as soon as it is back', () => {
    const job = fiveJob().run(reaches('update', 'applying', 1));
    job.run(() => false, without(d, x)).tick(openingMs);
    expect(last(job)).toEqual({ kind: 'stalled', missing: five, deadlineMs: job.nowMs + rejoinMs });
    job.tick(rejoinMs - 1).run(reaches('update', 'collecting', 2), without(d));
    expect(summing(job).past.at(-1)).toMatchObject({ phase: 'agreed', members: five });
  });
});

describe('a participant outside the survivor set', () => {
  it('signs and reveals like the others, and may be one of the quorum', () => {
    const job = collected(d).tick(graceMs);
    job.run(() => false, without(a, b));
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
    expect(workOf(job.state)).toBeUndefined();
    job.run(reaches('update', 'collecting', 2), without(a));
    expect([...agreedSum(job, -1).signatures.keys()]).toEqual(without(a, b).concat(b));
  });

  it('has a slot in the sum, though nothing of it is added', () => {
    const job = collected(d).tick(graceMs);
    job.run((state) => workOf(state) !== undefined);
    const work = workOf(job.state);
    expect(work?.contributors).toBe(5);
    expect(work?.uploads.map(({ sender }) => sender)).toEqual(without(d));
  });
});

describe('lateness', () => {
  it('is a closed round, whatever phase the sum has come to, and changes nothing', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    const late = job.honest(d)!;
    job.run(() => false, without(d)).tick(graceMs);
    for (const phase of ['unmasking', 'applying', 'agreed']) {
      job.run((state) => 'current' in state && (state.past[2] ?? state.current).phase === phase, without(d));
      const before = job.state;
      expect(coded(() => job.post(d, late))).toBe('ROUND_CLOSED');
      expect(job.state).toBe(before);
    }
  });

  it('is no excuse for a contribution that fits no sum', () => {
    const open = fiveJob().run(reaches('update', 'collecting', 1));
    const body = open.honest(d)!;
    const job = collected(d).tick(graceMs);
    expect(coded(() => job.post(d, { ...body, round: 2 } as typeof body))).toBe('MESSAGE_UNEXPECTED');
    expect(coded(() => job.post(d, { ...body, sum: 3, round: 2 } as typeof body))).toBe('MESSAGE_UNEXPECTED');
  });

  it('may be made up for: who was away opens every missed sum in order and joins the running round', () => {
    const job = collected(d).tick(graceMs);
    while (summing(job).current.round < 2) job.run(reaches('update', 'collecting', 2), without(d));
    expect(sumsDoneWith(summing(job))).toBe(2);
    expect(job.honest(d)).toMatchObject({ kind: 'applied', sum: 2 });
    job.post(d, job.honest(d)!);
    expect(sumsDoneWith(summing(job))).toBe(3);
    expect(job.honest(d)).toMatchObject({ kind: 'contribution', sum: 3 });
    expect(job.run().state.kind).toBe('finished');
    expect(survivorSets(job).slice(2)).toEqual([without(d), five, five]);
  });
});

describe('a participant that contributes another shape than the others', () => {
  const odd = (job: TableJob, name: ParticipantName) => {
    job.run(() => job.honest(name)?.kind === 'contribution', [name]);
    return job.post(name, { ...(job.honest(name) as PostOf<'contribution'>), valueCount: 101 });
  };

  it('is left out of a round that can do without it, whether it came first or last', () => {
    for (const first of [true, false]) {
      const job = fiveJob().run(reaches('update', 'collecting', 1));
      if (first) odd(job, d);
      job.run(reaches('update', 'unmasking', 1), without(d));
      if (!first) odd(job, d);
      expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
      // The next round is held to the one before, by who was in it.
      job.run(reaches('update', 'collecting', 2));
      expect(coded(() => odd(job, d))).toBe('SUM_SHAPE');
      expect(job.run().state.kind).toBe('finished');
    }
  });

  it('does not count towards enough', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    odd(job, d);
    job.run(() => false, without(d, x)).tick(graceMs);
    expect(summing(job).current).toMatchObject({ phase: 'collecting', enoughMs: undefined });
    job.run(() => false, [x]);
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
  });

  it('ends the job when the others are too few for the sum', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    odd(odd(job, d), x).run(() => false, without(d, x));
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SUM_SHAPE', parties: [d, x] });
  });
});

describe('a stalled sum', () => {
  const waits: readonly [string, (job: TableJob) => TableJob, number, RegExp][] = [
    ['collecting', (job) => job.run(reaches('update', 'collecting', 1)), roundMs, /upload round 1/],
    [
      'unmasking',
      (job) => job.run(reaches('moments', 'unmasking')),
      openingMs,
      /sign the survivor set of the moments sum/,
    ],
    [
      'applying',
      (job) => job.run(reaches('evaluation', 'applying')),
      openingMs,
      /open and apply the evaluation sum/,
    ],
  ];

  it.each(waits)('while %s says so once, and ends the job if nobody comes back', (phase, until, ms, act) => {
    const job = until(new TableJob());
    expect(job.tick(ms - 2000).events.at(-1)?.body.kind).not.toBe('stalled');
    job.tick(2000);
    expect(last(job)).toEqual({ kind: 'stalled', missing: roster, deadlineMs: job.nowMs + rejoinMs });
    const { length } = job.events;
    expect(job.tick(rejoinMs - 1).events).toHaveLength(length);
    expect(summing(job).current).toMatchObject({ phase, stalled: true });
    job.tick(1);
    expect(job.state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED', parties: roster });
    expect((job.state as Extract<JobState, { kind: 'failed' }>).detail).toMatch(act);
  });

  it.each(waits)('while %s goes on when all come back at the last moment', (_, until, ms) => {
    const job = until(new TableJob())
      .tick(ms)
      .tick(rejoinMs - 10);
    expect(job.run().state.kind).toBe('finished');
  });

  it('gives the next phase a wait of its own', () => {
    const job = collected(d, { participation: { quorum: 5 } })
      .tick(roundMs)
      .run(reaches('update', 'unmasking'), [d]);
    expect(summing(job).current).toMatchObject({ stalled: false, deadlineMs: job.nowMs + openingMs });
    job.tick(openingMs);
    expect(last(job)).toMatchObject({ kind: 'stalled', missing: five });
  });

  it('gives those who come back together a time of grace again', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    job.run(() => false, without(d, x)).tick(roundMs);
    job.tick(1000).run(() => false, [x]);
    expect(job.tick(graceMs - 1).state).toMatchObject({ current: { phase: 'collecting' } });
    expect(summing(job.tick(1)).current).toMatchObject({ members: without(d) });
  });

  it('follows the spec', () => {
    const deadlines = { roundSeconds: 20, graceSeconds: 5, rejoinSeconds: 7 };
    const job = fiveJob({ deadlines }).run(reaches('update', 'collecting', 1));
    expect(last(job.tick(20_000))).toEqual({
      kind: 'stalled',
      missing: five,
      deadlineMs: job.nowMs + 7000,
    });
    expect(job.tick(7000).state.kind).toBe('failed');
    expect(summing(collected(d, { deadlines }).tick(5000)).current.phase).toBe('unmasking');
  });
});

describe('agreement of a quorum', () => {
  it('waits for Q signatures and Q reports, and needs no more', () => {
    const job = fiveJob().run(reaches('update', 'unmasking', 1));
    for (const name of [a, b, d]) job.post(name, job.honest(name)!);
    expect(workOf(job.state)).toBeUndefined();
    job.post(x, job.honest(x)!);
    expect(workOf(job.state)).toBeDefined();
    job.add().run(() => false, [a, b, d]);
    expect(summing(job).current.phase).toBe('applying');
    job.run(reaches('update', 'collecting', 2), [a, b, d, x]);
    expect([...agreedSum(job, 2).reports.keys()].sort()).toEqual([a, b, d, x]);
  });

  it('does not go by who came first', () => {
    const job = fiveJob().run(reaches('update', 'unmasking', 1));
    job.post(a, { kind: 'survivorSignature', sum: 2, survivorDigest: digest('other') });
    job.run();
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SURVIVORS_MISMATCH', parties: [a] });
  });

  it.each([
    ['report', 'applied', { fingerprint: digest('other') }, 'MODEL_DISAGREEMENT'],
    ['report of other bytes', 'applied', { sumDigest: digest('other') }, 'SUM_DIGEST_MISMATCH'],
    ['signature', 'survivorSignature', { survivorDigest: digest('other') }, 'SURVIVORS_MISMATCH'],
  ] as const)('is held against a late %s that disagrees', (_, kind, change, code) => {
    const job = fiveJob().run(reaches('update', 'unmasking', 1));
    const signature = job.honest(d)!;
    job.run(reaches('update', 'collecting', 2), without(d));
    const body = kind === 'applied' ? job.honest(d)! : signature;
    expect(body.kind).toBe(kind);
    job.post(d, { ...body, ...change } as typeof body);
    expect(job.state).toMatchObject({ kind: 'failed', code, parties: [d] });
  });
});

describe('the stored log of a job with dropouts', () => {
  it('refolds to the live state, and is refused when it stalls twice in one wait', () => {
    const job = collected(d, { participation: { quorum: 5 } }).tick(roundMs);
    let state: JobState | undefined;
    for (const event of job.events) state = step(state, event);
    expect(state).toEqual(job.state);
    const again = { ...job.events.at(-1)!, index: job.events.length };
    expect(coded(() => step(state, again))).toBe('INTERNAL');
  });
});
