import { describe, expect, it } from 'vitest';
import { type EventOf, keyedDigest, type ParticipantName, type PostOf } from '../../../contract/index.js';
import { deadlineOf, isSumming, step } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { leave } from './support/dropouts.js';
import { agreedSum, five, fiveJob, summing, survivorSets, without } from './support/five.js';
import { honestPost, party, sealed } from './support/honest.js';
import { reaches, type TableJob, upload } from './support/table-job.js';

const [a, b, , d, x] = five as [
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
];
const graceMs = 60_000;
const rejoinMs = 3_600_000;
const warm = { warmStart: { job: `job-${'0'.repeat(32)}` } };

/** Nine sums, mask keys for two at a time: batches from 0, 2, 4, 6 and 8 on. */
function batches(change: object = {}): TableJob {
  return fiveJob({ ...warm, training: { rounds: 8 }, participation: { keyBatch: 2 }, ...change });
}

/** Round 1 with everybody's keys; from here on bank-d does nothing, also not for the second batch. */
function silent(change: object = {}): TableJob {
  return batches(change)
    .run(reaches('update', 'collecting', 1))
    .run(() => false, without(d));
}

/** Grace by grace until a sum stands still for the keys of the next batch. */
function untilKeysAreDue(job: TableJob, names: readonly ParticipantName[] = without(d)): TableJob {
  while (summing(job).current.phase !== 'agreed') job.tick(graceMs).run(() => false, names);
  return job;
}

/** Up to the moment when the wait is over. */
function overdue(job: TableJob): TableJob {
  return job.tick(deadlineOf(summing(job)) - job.nowMs);
}

/** Everybody acts, but some give no keys of the batch under way. */
function holdingBack(job: TableJob, some: readonly ParticipantName[]): TableJob {
  const { firstSum } = summing(job).batch!;
  const honest = job.honest.bind(job);
  job.honest = (name) => {
    const sum = isSumming(job.state) && job.state.batch?.firstSum === firstSum ? job.state : undefined;
    if (!sum || !some.includes(name)) return honest(name);
    return honestPost({ ...sum, batch: undefined }, party(name), upload);
  };
  return job;
}

/** What one of them uploads to the running sum, once it has given its keys of the batch under way. */
function contributionOf(job: TableJob, name: ParticipantName): PostOf<'contribution'> {
  job.run(() => job.honest(name)?.kind === 'contribution', [name]);
  return job.honest(name) as PostOf<'contribution'>;
}

function atMs({ events }: TableJob, kind: 'keysClosed' | 'sumAgreed', at: number): number {
  const found = events.find(
    ({ body }) =>
      body.kind === kind && ('firstSum' in body ? body.firstSum : (body as { sum: number }).sum) === at,
  );
  return found!.atMs;
}

function closings({ events }: TableJob): EventOf<'keysClosed'>[] {
  return events.flatMap(({ body }) => (body.kind === 'keysClosed' ? [body] : []));
}

function code({ state }: TableJob) {
  return state.kind === 'failed' ? state.code : state.kind;
}

describe('mask keys ahead', () => {
  it('are asked for in batches of 64 unless the spec says less, beside the running sums', () => {
    const job = silent({ training: { rounds: 100 }, participation: {} });
    expect(summing(job)).toMatchObject({ keyedSums: 64, batch: { firstSum: 64, count: 37 } });
    for (let round = 1; round < 10; round++) job.tick(graceMs).run(() => false, without(d));
    expect(summing(job).current.sum).toBe(9);
    job.run(() => false, [d]);
    expect(summing(job)).toMatchObject({ keyedSums: 101, batch: undefined });
    expect(summing(silent())).toMatchObject({ keyedSums: 2, batch: { firstSum: 2, count: 2 } });
  });

  it('need no closing when everybody gives them', () => {
    const job = batches().run();
    expect(job.state.kind).toBe('finished');
    expect(closings(job)).toEqual([]);
  });

  it('are waited for once a sum needs them, as for anybody who is away', () => {
    const job = untilKeysAreDue(silent());
    expect(summing(job).current.sum).toBe(1);
    expect(deadlineOf(summing(job))).toBeGreaterThanOrEqual(job.nowMs + rejoinMs);
    expect(job.tick(rejoinMs - 1).events.at(-1)?.body.kind).toBe('sumAgreed');
    job.run(() => false, [d]);
    expect(summing(job)).toMatchObject({ current: { sum: 2 }, keyedSums: 4 });
    expect(closings(job)).toEqual([]);
  });
});

describe('a batch that somebody is missing from', () => {
  /** Up to the end of the wait for bank-d, whose second batch closes without it. */
  const closed = (change: object = {}) => overdue(untilKeysAreDue(silent(change)));

  it('closes without it when time is up, and its sums wait for it no more', () => {
    const job = closed();
    expect(closings(job)).toEqual([{ kind: 'keysClosed', firstSum: 2, without: [d] }]);
    expect(summing(job).current).toMatchObject({ sum: 2, phase: 'collecting' });
    job.run(reaches('update', 'collecting', 4), without(d));
    expect(survivorSets(job)).toEqual([without(d), without(d), without(d)]);
    expect(summing(job).past[2]!.contributions.get(a)!.keyed).toBe(keyedDigest(2, without(d)));
  });

  it('takes nothing of it any more, but it signs, reveals and reports', () => {
    const keys = silent().honest(d)!;
    const job = closed();
    expect(keys.kind).toBe('sumKeys');
    expect(coded(() => job.post(d, keys))).toBe('KEYS_CLOSED');
    expect(coded(() => job.post(d, sealed(a, 'sum-shares', 2)))).toBe('KEYS_CLOSED');
    expect(coded(() => job.post(a, sealed(b, 'sum-shares', 2)))).toBe('MESSAGE_UNEXPECTED');
    const contribution = contributionOf(job, b);
    expect(coded(() => job.post(d, contribution))).toBe('KEYS_CLOSED');
    // x is away after its upload: bank-d is one of the quorum that signs, reveals and reports.
    job
      .run(reaches('update', 'unmasking', 3), without(d))
      .run(reaches('update', 'collecting', 4), without(x));
    expect([...agreedSum(job, 2).reports.keys()].sort()).toEqual(without(x));
  });

  it('has sums that are masked over who is in it, or refuses them', () => {
    const job = closed();
    const { keyed, ...unsaid } = contributionOf(job, a);
    expect(keyed).toBeDefined();
    expect(coded(() => job.post(a, unsaid))).toBe('KEYS_MISMATCH');
    expect(coded(() => job.post(a, { ...unsaid, keyed: keyedDigest(2, five) }))).toBe('KEYS_MISMATCH');
    const whole = batches().run(reaches('update', 'collecting', 1));
    const claimed = { ...contributionOf(whole, a), keyed: keyed! };
    expect(coded(() => whole.post(a, claimed))).toBe('KEYS_MISMATCH');
  });

  it('is not followed by a wait for the same again: there were sums enough to come back', () => {
    const job = closed().run(reaches('update', 'collecting', 5), without(d));
    expect(closings(job).map(({ firstSum }) => firstSum)).toEqual([2, 4]);
    expect(atMs(job, 'keysClosed', 4)).toBe(atMs(job, 'sumAgreed', 3));
    // Back while sums 4 and 5 run, it contributes from sum 6 on.
    expect(job.run().state.kind).toBe('finished');
    expect(survivorSets(job).slice(4)).toEqual([without(d), without(d), five, five, five]);
    expect(closings(job)).toHaveLength(2);
  });

  it('fails when too few are in, and names all that are missing', () => {
    const begun = batches().run(reaches('update', 'collecting', 1));
    const job = untilKeysAreDue(holdingBack(begun, [d, x]), five);
    expect(overdue(job).state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED', parties: [d, x] });
    expect(closings(job)).toEqual([]);
  });

  it('fails when one of its sums takes everybody', () => {
    const logistic = { model: { kind: 'logistic' }, warmStart: undefined };
    const job = untilKeysAreDue(
      holdingBack(batches(logistic).run(reaches('magnitudes', 'collecting')), [d]),
      five,
    );
    expect(summing(job).current).toMatchObject({ purpose: 'moments', phase: 'agreed' });
    expect(overdue(job).state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED', parties: [d] });
  });

  it('is never the first one', () => {
    const job = batches()
      .run(({ kind }) => kind === 'keying')
      .run((state) => isSumming(state), without(d))
      .tick(300_000);
    expect(job.state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED' });
    expect(closings(job)).toEqual([]);
  });

  it('closes once in a log, and only when it was asked for', () => {
    const job = closed();
    const again: EventOf<'keysClosed'> = { kind: 'keysClosed', firstSum: 2, without: [d] };
    const after = { ...again, firstSum: 6 };
    for (const body of [again, after]) {
      expect(coded(() => step(job.state, { index: job.events.length, atMs: job.nowMs, body }))).toBe(
        'INTERNAL',
      );
    }
  });
});

describe('somebody that leaves', () => {
  it('is missing from the batch under way as soon as all others are in', () => {
    const job = silent().post(d, leave('TRAINING_FAILED'));
    expect(closings(job)).toEqual([{ kind: 'keysClosed', firstSum: 2, without: [d] }]);
    expect(job.run().state.kind).toBe('finished');
    // Every batch after it comes in without a wait.
    expect(closings(job).map(({ firstSum }) => firstSum)).toEqual([2, 4, 6, 8]);
    expect(
      survivorSets(job)
        .slice(1)
        .every((members) => members.length === 4),
    ).toBe(true);
  });

  it('ends the job when it leaves too few that have keys for the next sum, though more are there', () => {
    const six = [...five.slice(0, 4), 'bank-e', x] as ParticipantName[];
    const job = fiveJob({
      ...warm,
      participants: six,
      training: { rounds: 8 },
      participation: { keyBatch: 2, quorum: 5 },
    })
      .run(reaches('update', 'collecting', 1))
      .run(
        () => false,
        six.filter((name) => name !== d),
      );
    overdue(
      untilKeysAreDue(
        job,
        six.filter((name) => name !== d),
      ),
    );
    expect(summing(job).current.sum).toBe(2);
    job.run(reaches('update', 'unmasking', 3), six);
    expect(code(job)).toBe('running');
    job.post(x, leave('TRAINING_FAILED'));
    expect(job.state).toMatchObject({ kind: 'failed', code: 'TRAINING_FAILED', parties: [x] });
  });
});
