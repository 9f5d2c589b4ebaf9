import { describe, expect, it } from 'vitest';
import { longPlan, type Operation, type Plan, planOf } from './operations.js';
import { run } from './run.js';
import { shrunk } from './shrink.js';

describe('a run', () => {
  it('is the same each time it is made from its plan', async () => {
    for (const seed of [3, 14, 159, 265, 358]) {
      const shapeOf = async () => {
        const { events, state, durationMs, log } = await run(planOf(seed));
        const steps = events.map(({ atMs, body }) => `${atMs} ${body.kind}`);
        return { steps, state, durationMs, log };
      };
      expect(await shapeOf()).toEqual(await shapeOf());
    }
  });

  it('finishes undisturbed, everybody in every sum, wherever it begins and with two coordinators', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { old: _one, ...setup } = longPlan(seed).setup;
      for (const begin of [0, 0.5]) {
        const { failures, state, events } = await run({ setup, begin, operations: [] });
        expect({ seed, failures, state }).toEqual({ seed, failures: [], state: 'finished' });
        const sizes = events.map(({ body }) =>
          body.kind === 'survivorsProposed' ? body.members.length : setup.participants,
        );
        expect(new Set(sizes)).toEqual(new Set([setup.participants]));
      }
    }
  });

  it('goes on without a participant that is revoked, also where mask keys are owed by it', async () => {
    const deadlines = { late: 'drop', deadlines: 'ample' } as const;
    const { failures, state, events } = await run({
      setup: { participants: 4, colluders: 1, rounds: 4, warm: true, keyBatch: 1, jitter: 5, ...deadlines },
      begin: 0.3,
      operations: [{ kind: 'revoke', who: 'bank-d', atMs: 200 }],
    });
    expect({ failures, state }).toEqual({ failures: [], state: 'finished' });
    expect(events.filter(({ body }) => body.kind === 'keysClosed').length).toBeGreaterThan(0);
    const sizes = events.flatMap(({ body }) =>
      body.kind === 'survivorsProposed' ? [body.members.length] : [],
    );
    expect(sizes).toEqual([4, 3, 3, 3, 3]);
  });
});

describe('shrinking', () => {
  it('leaves out what a failure does not need, and shortens the rest', async () => {
    const crash: Operation = { kind: 'crash', who: 'bank-a', atMs: 300, downMs: 90_000 };
    const clock: Operation = { kind: 'clock', atMs: 10, byMs: 5 };
    const { setup } = longPlan(1);
    const crashes = async ({ operations }: Plan) => operations.some(({ kind }) => kind === 'crash');
    const small = await shrunk(
      { setup: { ...setup, rounds: 3 }, operations: [clock, crash, clock] },
      crashes,
    );
    expect(small.operations).toEqual([{ ...crash, downMs: 900 }]);
    expect(small.setup.rounds).toBe(1);
  });
});
