import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError, type ParticipantName, type PostBody } from '../../../contract/index.js';
import { GrowingMap } from '../../../coordinator/rounds/growing-map.js';
import { isExchanging, isUnfinished, type JobState, step } from '../../../coordinator/rounds/index.js';
import { TableJob } from './support/table-job.js';
import { parcelPost, reportPost, verticalSpec } from './support/vertical.js';

const four = ['bank-a', 'bank-b', 'platform-x', 'platform-y'] as ParticipantName[];
const anybody = fc.constantFrom(...four, 'bank-z' as ParticipantName);
const spec = verticalSpec({ training: { iterations: 1 } }, four);

/** Everything the open step waits for, in some order. */
function dues(state: JobState): { readonly who: ParticipantName; readonly body: PostBody }[] {
  if (!isExchanging(state)) return [];
  const { step: current } = state.openStep;
  return [
    ...current.parcels.map(({ from, to }) => ({ who: from, body: parcelPost(current.number, from, to) })),
    ...current.reports.map((who) => ({ who, body: reportPost(current.number, who) })),
  ];
}

/** Runs a job whose posts inside each step come in the order that `keys` sorts them into. */
function ordered(keys: readonly number[]): TableJob {
  const job = TableJob.of(spec).run(isExchanging);
  let drawn = 0;
  while (isUnfinished(job.state)) {
    job.nowMs += 1000;
    const sorted = dues(job.state)
      .map((due) => ({ due, key: keys[drawn++ % keys.length]! }))
      .sort((a, b) => a.key - b.key);
    for (const { due } of sorted) job.post(due.who, due.body);
  }
  return job;
}

const anyBody: fc.Arbitrary<PostBody> = fc.oneof(
  fc
    .record({ step: fc.nat(30), from: anybody, to: anybody, digest: fc.boolean() })
    .map(({ step, from, to }) => parcelPost(step, from, to)),
  fc
    .record({ step: fc.nat(30), who: anybody, labelFunctionals: fc.nat(3), scoresReleased: fc.nat(3) })
    .map(({ step, who, ...counts }) => reportPost(step, who, counts)),
);

/** Maps whose order says nothing, as `toEqual` takes those of the language. */
function unordered(value: unknown): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (value instanceof Set) return value;
  if (value instanceof Map || value instanceof GrowingMap) {
    return new Map([...value].map(([key, one]) => [key, unordered(one)]));
  }
  if (Array.isArray(value)) return value.map(unordered);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unordered(one)]));
}

describe('the steps of a vertical job, whatever order posts arrive in', () => {
  it('lead to the same final state', () => {
    const inOrder = ordered([0]);
    expect(inOrder.state.kind).toBe('finished');
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 97, maxLength: 97 }), (keys) => {
        expect(unordered(ordered(keys).state)).toEqual(unordered(inOrder.state));
      }),
      { numRuns: 30 },
    );
  });

  it('finish under disturbance of every kind, and only ever refuse it with a code', () => {
    let refusals = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anybody, anyBody, fc.boolean()), { minLength: 5, maxLength: 5 }),
        (noise) => {
          const job = TableJob.of(spec).run(isExchanging);
          while (isUnfinished(job.state)) {
            for (const [who, body, complete] of noise) {
              const before = { state: job.state, events: job.events.length };
              try {
                job.post(who, body, { complete });
              } catch (error) {
                if (!(error instanceof CodedError) || error.code === 'INTERNAL') throw error;
                expect([job.state, job.events.length]).toEqual([before.state, before.events]);
                refusals++;
              }
            }
            const [due] = dues(job.state).filter(({ who, body }) => {
              const open = isExchanging(job.state) ? job.state.openStep : undefined;
              return body.kind === 'parcel' ? !open?.parcels.get(who)?.has(body.to) : !open?.reports.has(who);
            });
            if (due) job.post(due.who, due.body);
          }
          expect(job.state.kind).toBe('finished');
          let state: JobState | undefined;
          for (const event of job.events) state = step(state, event);
          expect(state).toEqual(job.state);
        },
      ),
      { numRuns: 30 },
    );
    expect(refusals).toBeGreaterThan(100);
  });

  it('end by silence, wherever it sets in', () => {
    fc.assert(
      fc.property(fc.nat(110), (events) => {
        const job = TableJob.of(spec);
        job.run(() => job.events.length >= events);
        for (let wait = 0; wait < 4 && isUnfinished(job.state); wait++) job.tick(3_600_000);
        expect(isUnfinished(job.state)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
