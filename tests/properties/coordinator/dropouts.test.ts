import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neededMembers, type ParticipantName } from '../../../contract/index.js';
import {
  deadlineOf,
  isSumming,
  isUnfinished,
  type JobState,
  step,
  sumsDoneWith,
  workOf,
} from '../../../coordinator/rounds/index.js';
import { five, fiveJob, without } from '../../unit/coordinator/support/five.js';
import { reaches, type TableJob } from '../../unit/coordinator/support/table-job.js';

type Move =
  | { readonly do: 'speak'; readonly who: ParticipantName; readonly times: number }
  | { readonly do: 'others'; readonly than: ParticipantName; readonly posts: number }
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'add' }
  | { readonly do: 'leave'; readonly who: ParticipantName };

const who = fc.constantFrom(...five);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({ do: fc.constant('speak'), who, times: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('others'), than: who, posts: fc.nat(25) }) },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('tick'), ms: fc.constantFrom(1000, 60_000, 400_000) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('add') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), who }) },
);
const quorum = fc.constantFrom(undefined, 4, 5);
/** Who comes and goes: honest participants only, in any order, at any time. */
const course = fc.record({ quorum, moves: fc.array(move, { maxLength: 60, size: 'max' }) });

function begun(wanted: number | undefined): TableJob {
  const participation = wanted === undefined ? {} : { quorum: wanted };
  return fiveJob({ participation }).run(reaches('moments', 'applying'));
}

function play(job: TableJob, move: Move): void {
  if (!isUnfinished(job.state)) return;
  switch (move.do) {
    case 'speak':
      for (let k = 0; k < move.times; k++) {
        const body = job.honest(move.who);
        if (body) job.post(move.who, body);
      }
      return;
    case 'others': {
      const enough = job.events.length + move.posts;
      job.run(() => job.events.length >= enough, without(move.than));
      return;
    }
    case 'tick':
      job.tick(move.ms);
      return;
    case 'add':
      if (workOf(job.state)) job.add();
      return;
    case 'leave':
      if (isSumming(job.state) && !job.state.left.has(move.who)) {
        job.post(move.who, { kind: 'abort', code: 'TRAINING_FAILED', detail: '', sum: 0, party: '' });
      }
  }
}

/** The sums of a job, whether it goes on or ended. */
function sumsOf(state: JobState) {
  const shown = isUnfinished(state) ? state : state.at;
  return isSumming(shown) ? [...shown.past, shown.current] : [];
}

describe('honest participants that come and go in any order', () => {
  it('never see a survivor set change, nor one with too few, nor one that leaves a contribution out', () => {
    let partial = 0;
    fc.assert(
      fc.property(course, ({ quorum, moves }) => {
        const job = begun(quorum);
        const fixed = new Map<number, readonly ParticipantName[]>();
        const look = () => {
          for (const sum of sumsOf(job.state)) {
            if (sum.phase === 'collecting' || sum.phase === 'skipped') continue;
            if (!fixed.has(sum.sum)) fixed.set(sum.sum, [...sum.members]);
            // Compared below in full; here it would be done ten thousand times.
            const same = sum.members.length === fixed.get(sum.sum)?.length;
            if (!same || sum.contributions.size !== sum.members.length)
              throw new Error(`sum ${sum.sum} changed`);
          }
        };
        look();
        for (const one of moves) {
          play(job, one);
          look();
        }
        const { spec } = job.state.charter;
        if (spec.mode !== 'horizontal') throw new Error('a vertical job');
        for (const sum of sumsOf(job.state)) {
          if (sum.phase === 'collecting' || sum.phase === 'skipped') continue;
          expect(sum.members).toEqual(fixed.get(sum.sum));
          expect([...sum.contributions.keys()].sort()).toEqual(sum.members);
          expect(sum.members.length).toBeGreaterThanOrEqual(neededMembers(spec, sum));
          if (sum.members.length < five.length) partial++;
        }
        const proposed = job.events.filter(({ body }) => body.kind === 'survivorsProposed');
        expect(proposed.length).toBe(sumsOf(job.state).filter(({ phase }) => phase !== 'collecting').length);
      }),
      { numRuns: 100 },
    );
    expect(partial).toBeGreaterThan(20);
  });

  it('always make progress, wait until a moment at which something happens, or have ended', () => {
    fc.assert(
      fc.property(course, ({ quorum, moves }) => {
        const job = begun(quorum);
        for (const one of moves) play(job, one);
        // Alone with time, every wait closes, stalls or ends the job: each tick at a deadline says something.
        while (isUnfinished(job.state)) {
          if (workOf(job.state)) {
            job.add();
            continue;
          }
          const { length } = job.events;
          job.tick(Math.max(deadlineOf(job.state) - job.nowMs, 0));
          expect(job.events.length).toBeGreaterThan(length);
        }
        expect(job.state).toMatchObject({ kind: expect.stringMatching(/^(failed|finished)$/) });
      }),
      { numRuns: 100 },
    );
  });

  it('finish once all are back, unless the job ended before; and nothing of a sum is kept that all have opened', () => {
    const ends = new Map<string, number>();
    let caughtUp = 0;
    fc.assert(
      fc.property(course, ({ quorum, moves }) => {
        const job = begun(quorum);
        for (const one of moves) play(job, one);
        const alive = isUnfinished(job.state);
        const away = isSumming(job.state) ? [...job.state.left.keys()] : [];
        job.run(() => false, without(...away));
        if (alive) expect(job.state.kind).toBe('finished');
        ends.set(job.state.kind, (ends.get(job.state.kind) ?? 0) + 1);
        const shown = isUnfinished(job.state) ? job.state : job.state.at;
        if (!alive || !isSumming(shown)) return;
        // A grace that is over ends the job before somebody has opened what was missed: that is kept.
        const missed = shown.past.find(
          (sum) =>
            sum.phase === 'agreed' && five.some((name) => !away.includes(name) && !sum.reports.has(name)),
        );
        expect(sumsDoneWith(shown)).toBeGreaterThanOrEqual(missed?.sum ?? shown.current.sum);
        if (missed === undefined) caughtUp++;
      }),
      { numRuns: 100 },
    );
    expect(ends.get('finished')).toBeGreaterThan(50);
    expect(caughtUp).toBeGreaterThan(40);
  });

  it('leave a log whose fold is the state', () => {
    fc.assert(
      fc.property(course, ({ quorum, moves }) => {
        const job = begun(quorum);
        for (const one of moves) play(job, one);
        let state: JobState | undefined;
        for (const event of job.events) state = step(state, event);
        expect(state).toEqual(job.state);
      }),
      { numRuns: 60 },
    );
  });
});
