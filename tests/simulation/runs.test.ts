import './doubles.js';
import { describe, expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { type Operation, type Plan, planOf } from './operations.js';
import { run } from './run.js';
import { shrunk } from './shrink.js';

const seeds = everyTest ? 2_000 : 300;
/** Runs of one test: few enough to say soon that something fails. */
const perTest = 100;
const minutes = 60_000;

describe('random faults', () => {
  it.each(Array.from({ length: seeds / perTest }, (_, k) => k * perTest))(
    'seeds from %i on break no law',
    async (first) => {
      for (let seed = first; seed < first + perTest; seed++) {
        const plan = planOf(seed);
        const { failures, log } = await run(plan);
        if (failures.length === 0) continue;
        const { operations, setup } = await shrunk(plan);
        expect.fail(JSON.stringify({ seed, failures, log, setup, operations }, undefined, 1));
      }
    },
    10 * minutes,
  );

  it('repeats a run from its plan', async () => {
    for (const seed of [3, 14, 159]) {
      const shapeOf = async () => {
        const { events, state, durationMs, log } = await run(planOf(seed));
        const steps = events.map(({ atMs, body }) => `${atMs} ${body.kind}`);
        return { steps, state, durationMs, log };
      };
      expect(await shapeOf()).toEqual(await shapeOf());
    }
  });

  it('finishes undisturbed, everybody in every sum', async () => {
    for (const seed of [1, 2, 3]) {
      const { setup } = planOf(seed);
      const { failures, state, events } = await run({ setup, operations: [] });
      expect({ failures, state }).toEqual({ failures: [], state: 'finished' });
      const sizes = events.map(({ body }) =>
        body.kind === 'survivorsProposed' ? body.members.length : setup.participants,
      );
      expect(new Set(sizes)).toEqual(new Set([setup.participants]));
    }
  });

  it(
    'reaches what it is for: sums without somebody, stalls, failed and cancelled jobs',
    async () => {
      const met = new Set<string>();
      for (let seed = 0; seed < 150; seed++) {
        const plan = planOf(seed);
        const { events, state } = await run(plan);
        met.add(state);
        for (const { body } of events) {
          if (body.kind === 'stalled') met.add('stalled');
          if (body.kind === 'survivorsProposed' && body.members.length < plan.setup.participants)
            met.add('left out');
        }
      }
      expect([...met].sort()).toEqual(['cancelled', 'failed', 'finished', 'left out', 'stalled']);
    },
    5 * minutes,
  );
});

describe('shrinking', () => {
  it('leaves out what a failure does not need, and shortens the rest', async () => {
    const crash: Operation = { kind: 'crash', who: 'bank-a', atMs: 300, downMs: 90_000 };
    const clock: Operation = { kind: 'clock', atMs: 10, byMs: 5 };
    const { setup } = planOf(1);
    const crashes = async ({ operations }: Plan) => operations.some(({ kind }) => kind === 'crash');
    const small = await shrunk(
      { setup: { ...setup, rounds: 3 }, operations: [clock, crash, clock] },
      crashes,
    );
    expect(small.operations).toEqual([{ ...crash, downMs: 900 }]);
    expect(small.setup.rounds).toBe(1);
  });
});
