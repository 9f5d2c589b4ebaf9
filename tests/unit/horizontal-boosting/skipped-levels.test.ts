import { describe, expect, test } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { isSumming, isUnfinished, type JobState, sumsDoneWith } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { leave } from '../coordinator/support/dropouts.js';
import { five, fiveJob, summing, survivorSets, without } from '../coordinator/support/five.js';
import { digest, honestPost, party } from '../coordinator/support/honest.js';
import { type TableJob, upload } from '../coordinator/support/table-job.js';

const [a, b, , d, x] = five as [
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
];
const graceMs = 60_000;
const roundMs = 1_800_000;
const rejoinMs = 3_600_000;
const depth = 3;

function treeJob(change: object = {}): TableJob {
  return fiveJob({ model: { kind: 'trees', depth }, training: { rounds: 3 }, ...change });
}

function at(round: number, level: number, phase = 'collecting') {
  return (state: JobState) =>
    isSumming(state) &&
    state.current.round === round &&
    state.current.level === level &&
    state.current.phase === phase;
}

/** Sums of a job as `round/level`, those that were skipped with a minus. */
function levels({ state }: TableJob): string[] {
  const shown = isSumming(state) ? state : 'at' in state && isSumming(state.at) ? state.at : undefined;
  return [...(shown?.past ?? []), ...(shown ? [shown.current] : [])]
    .filter(({ purpose }) => purpose === 'update')
    .map(({ round, level, phase }) => `${round}/${level}${phase === 'skipped' ? '-' : ''}`);
}

describe('a tree whose levels all are there', () => {
  test('is a round of so many sums over one set', () => {
    const job = treeJob().run();
    expect(job.state).toMatchObject({ kind: 'finished', rounds: 3 });
    expect(levels(job)).toEqual(['1/0', '1/1', '1/2', '2/0', '2/1', '2/2', '3/0', '3/1', '3/2']);
  });
});

describe.each([1, 2])('whoever began a tree and is away at level %d of it', (level) => {
  test('ends it there, and the next tree begins without', () => {
    const job = treeJob().run(at(2, level));
    job.run(() => false, without(d));
    expect(summing(job).current).toMatchObject({ round: 2, level, phase: 'collecting' });
    job.tick(graceMs - 1);
    expect(summing(job).current).toMatchObject({ round: 2, level });
    job.tick(1);
    expect(summing(job).past.at(-1)).toMatchObject({ round: 2, level, phase: 'skipped' });
    expect(summing(job).current).toMatchObject({ round: 3, level: 0, bound: undefined });
    while (job.state.kind !== 'finished') job.run(() => false, without(d)).tick(graceMs);
    expect(levels(job)).toContain(`2/${level}-`);
    expect(levels(job).at(-1)).toBe('3/2');
    // Of one tree all sets are one.
    expect(
      new Set(
        survivorSets(job)
          .slice(2, 5 + level)
          .map(String),
      ).size,
    ).toBe(1);
    for (const set of survivorSets(job).slice(5 + level)) expect(set).toEqual(without(d));
  });
});

describe('a later level of a tree', () => {
  test('is never summed over fewer, however late it gets', () => {
    const job = treeJob().run(at(2, 1));
    job.run(() => false, without(d, x)).tick(roundMs);
    expect(job.events.at(-1)?.body).toMatchObject({ kind: 'stalled', missing: [d, x] });
    job.run(() => false, [x]).tick(graceMs);
    expect(summing(job).past.at(-1)).toMatchObject({ phase: 'skipped' });
  });

  test('takes nothing from who was not in its first one, and does not wait for it', () => {
    const job = treeJob().run(at(2, 0));
    job.run(() => false, without(d)).tick(graceMs);
    job.run(at(2, 1), without(d));
    expect(summing(job).current).toMatchObject({ round: 2, level: 1, bound: without(d) });
    const { sum, purpose, round } = summing(job).current;
    const made = {
      parameterSet: 'narrow',
      valueCount: 100,
      digest: digest('upload'),
      bytes: 1000,
      timings: [],
    };
    const late = { kind: 'contribution', sum, purpose, round, ...made } as const;
    expect(coded(() => job.post(d, { ...late, parameterSet: 'narrow' }))).toBe('ROUND_CLOSED');
    job.run(at(2, 2), without(d));
    expect(job.run().state.kind).toBe('finished');
    expect(survivorSets(job).at(-1)).toEqual(five);
  });

  test('is skipped at once when one of those who began has left, and not when its contribution is there', () => {
    const gone = treeJob().run(at(2, 1)).post(d, leave('TRAINING_FAILED'));
    expect(summing(gone)).toMatchObject({ current: { round: 3, level: 0 } });
    const there = treeJob().run(at(2, 1));
    there.post(d, there.honest(d)!).post(d, leave('TRAINING_FAILED'));
    there.run(at(3, 0), without(d));
    expect(levels(there).slice(-3)).toEqual(['2/1', '2/2-', '3/0']);
    expect(survivorSets(there).at(-1)).toEqual(five);
  });

  test('is skipped where mask keys of one who began are not there', () => {
    // Keys of sums 6 to 8 are those from the second level of the second tree on.
    const job = treeJob({ participation: { keyBatch: 3 } });
    const withoutKeys = ({ state }: TableJob) => {
      const keysOf6 = isSumming(state) && state.batch?.firstSum === 6;
      return honestPost(keysOf6 ? { ...state, batch: undefined } : state, party(d), upload);
    };
    while (isUnfinished(job.state)) {
      const { length } = job.events;
      job.run(() => false, without(d));
      const said = withoutKeys(job);
      if (said) job.post(d, said);
      if (job.events.length === length) job.tick(rejoinMs);
    }
    expect(levels(job)).toContain('2/1-');
    expect(survivorSets(job)[5]).toEqual(five);
    expect(job.state).toMatchObject({ kind: 'finished', rounds: 3 });
  });

  test('closes uploads behind it, and signs, reveals and reports nothing', () => {
    const job = treeJob().run(at(2, 1));
    const late = job.honest(d)!;
    const { sum } = summing(job).current;
    job.run(() => false, without(d)).tick(graceMs);
    expect(coded(() => job.post(d, late))).toBe('ROUND_CLOSED');
    const signature = { kind: 'survivorSignature', sum, survivorDigest: digest('s') } as const;
    expect(coded(() => job.post(a, signature))).toBe('MESSAGE_UNEXPECTED');
    const reveal = { kind: 'reveal', sum, ciphertext: new Uint8Array(48) } as const;
    expect(coded(() => job.post(b, reveal))).toBe('MESSAGE_UNEXPECTED');
    expect(sumsDoneWith(summing(job))).toBeGreaterThan(sum - 3);
  });

  test('of the last tree may be skipped too: the evaluation follows', () => {
    const job = treeJob({ training: { rounds: 2 } }).run(at(2, 2));
    job.run(() => false, without(d)).tick(graceMs);
    expect(summing(job).current).toMatchObject({ purpose: 'evaluation' });
    expect(job.run().state).toMatchObject({ kind: 'finished', rounds: 2 });
  });

  test('of the first tree may be skipped, while that tree begins with everybody', () => {
    const job = treeJob().run(at(1, 0));
    job.run(() => false, without(d)).tick(graceMs);
    expect(summing(job).current).toMatchObject({ round: 1, level: 0, needed: 5 });
    job.run(at(1, 1));
    job.run(() => false, without(d)).tick(graceMs);
    expect(summing(job).current).toMatchObject({ round: 2, level: 0, needed: 4 });
  });

  test('cannot come beyond the depth of the tree', () => {
    const job = treeJob().run(at(1, 2, 'applying'));
    job.run((state) => !at(1, 2, 'applying')(state) || job.honest(a)?.kind === 'applied', [a, b, d, x]);
    const report = { ...job.honest(a)!, next: { purpose: 'update', round: 1, stopped: '', bestRound: 0 } };
    expect(coded(() => job.post(a, report as never))).toBe('SUM_OUT_OF_ORDER');
  });
});
