import { expect, it } from 'vitest';
import type { JobEvent } from '../../contract/index.js';
import type { Plan } from './operations.js';
import { run } from './run.js';

/** Four participants, none of whom colludes, five rounds and the evaluation; mask keys for two sums at a time. */
const setup = {
  participants: 4,
  colluders: 0,
  rounds: 5,
  warm: true,
  late: 'next-round',
  keyBatch: 2,
  deadlines: 'ample',
  jitter: 5,
} as const;
const dies = { kind: 'crash', who: 'bank-b', atMs: 1 } as const;
/** When the second batch is not waited for any more: asked for at the beginning, keyingSeconds + rejoinSeconds later. */
const closesMs = 21_600_000;

function closings(events: readonly JobEvent[]) {
  return events.flatMap(({ body }) => (body.kind === 'keysClosed' ? [body] : []));
}

/** Survivor sets by the last letter of their members. */
function sets(events: readonly JobEvent[]): string[] {
  return events.flatMap(({ body }) =>
    body.kind === 'survivorsProposed' ? [body.members.map((name) => name.at(-1)).join('')] : [],
  );
}

it('a job of several batches finishes without one that died for good while it owed keys', async () => {
  const plan: Plan = { setup, begin: 0.1, operations: [{ ...dies, downMs: 'ever' }] };
  const { failures, events, state } = await run(plan);
  expect({ failures, state }).toEqual({ failures: [], state: 'finished' });
  expect(closings(events).map(({ firstSum, without }) => [firstSum, without])).toEqual([
    [2, ['bank-b']],
    [4, ['bank-b']],
  ]);
  expect(sets(events)).toEqual(['abcd', 'acd', 'acd', 'acd', 'acd', 'acd']);
});

it('who comes back behind the end of a batch has a part in the next one', async () => {
  // Training takes longer than coming back, opening what was missed, and giving keys.
  const slow = { kind: 'slow', who: 'bank-a', atMs: 0, forMs: 2 * closesMs, workMs: 20_000 } as const;
  const back = { ...dies, downMs: closesMs + 5_000 };
  const { failures, events, state } = await run({ setup, begin: 0.1, operations: [back, slow] });
  expect({ failures, state }).toEqual({ failures: [], state: 'finished' });
  expect(closings(events).map(({ firstSum }) => firstSum)).toEqual([2]);
  expect(sets(events)).toEqual(['abcd', 'acd', 'acd', 'acd', 'abcd', 'abcd']);
});
