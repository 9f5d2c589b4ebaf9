import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Federation } from './support/federation.js';
import { expectOneKind } from './support/outcome.js';
import { moment, type Sight, until } from './support/sight.js';

const hangMs = 300_000;
/** Killed while it owes keys, and back once the job goes on without them. */
const late = 'platform-x';
/** Killed for good. */
const dead = 'bank-d';
/** Stands still so that a sum waits: four of five are needed, and one has no keys. */
const still = 'bank-b';
/** Sums 0 and 1 are statistics, 2 to 16 the rounds of training, 17 the evaluation; mask keys come for two sums at a time. */
const spec = {
  model: { kind: 'mlp' as const, hidden: [8] },
  training: { rounds: 15, epochs: 1, batchRows: 32, learningRate: 0.05, seed: 5 },
  participation: { keyBatch: 2 },
  deadlines: { keyingSeconds: 20, graceSeconds: 3, roundSeconds: 120, openingSeconds: 60, rejoinSeconds: 5 },
};

let federation: Federation;
beforeAll(async () => {
  federation = await Federation.found(5);
  await federation.bringUp(...federation.names);
}, hangMs);
afterAll(() => federation?.close());

function closings(job: Sight): readonly (readonly [number, readonly string[]])[] {
  return job.of('keysClosed').map(({ firstSum, without }) => [firstSum, without]);
}

function gaveKeys(job: Sight, name: string, firstSum: number): boolean {
  const shares = job.posts.filter(
    ({ sender, body }) => sender === name && body.kind === 'sealed' && body.sum === firstSum,
  );
  return shares.length === 4 && job.said(name, `sumKeys/${firstSum}`);
}

/** Whether somebody contributed to a sum or to one behind it. */
function contributed(job: Sight, name: string, from: number): boolean {
  return job
    .posted('contribution')
    .some(({ sender, body }) => sender === name && body.kind === 'contribution' && body.sum >= from);
}

test.runIf(everyTest)(
  'one of five that is killed comes back behind a batch of mask keys and has a part in the next, another one never',
  async () => {
    const job = await federation.submit(spec);
    await moment(job, () => job.said(late, 'applied/2'));
    await federation.kill(late);
    await moment(job, () => closings(job).length === 1);
    const [[firstWithout]] = closings(job) as [readonly [number, readonly string[]]];
    expect([4, 6]).toContain(firstWithout);
    expect(closings(job)).toEqual([[firstWithout, [late]]]);
    const next = firstWithout + 2;

    federation.freeze(still);
    federation.start(late);
    await moment(job, () => gaveKeys(job, late, next));
    federation.thaw(still);
    await moment(job, () => contributed(job, late, next) || job.ended);
    expect(contributed(job, late, next)).toBe(true);
    await federation.kill(dead);

    await until(() => job.ended);
    expect(job.bodies.at(-1)).toMatchObject({ kind: 'finished', rounds: 15 });
    const here = federation.names.filter((name) => name !== dead);
    await until(() => here.every((name) => job.kept(name).concluded));
    expect(new Set(here.map((name) => job.result(name).fingerprint)).size).toBe(1);

    const [, ...later] = closings(job);
    expect(later.length).toBeGreaterThan(0);
    for (const [, without] of later) expect(without).toEqual([dead]);
    for (const sum of [firstWithout, firstWithout + 1]) {
      expect(job.posted('contribution', sum).map(({ sender }) => sender)).not.toContain(late);
    }
    const sets = job.of('survivorsProposed');
    expect(sets.at(-1)?.members).toEqual([...here].sort());
    expectOneKind(job);
  },
  hangMs,
);
