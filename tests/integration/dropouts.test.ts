import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventOf, HorizontalSpec, JobSpecInput } from '../../contract/index.js';
import { jobSpec } from '../../contract/index.js';
import { loadBackend } from '../../learning/index.js';
import { homeLayout } from '../../participant/config.js';
import { preflight } from '../../participant/data/index.js';
import { encodeState, loadState } from '../../participant/training/index.js';
import { absorb, partOf } from '../../participant/training/learner.js';
import { everyTest } from '../support/every-test.js';
import { Federation } from './support/federation.js';
import { atLast, expectOneKind, fingerprintOf } from './support/outcome.js';
import { moment, type Sight, until } from './support/sight.js';

const hangMs = 240_000;
const victim = 'platform-x';
/** Sums 0 and 1 are statistics, 2 to 4 the rounds of training, 5 the evaluation. */
const [round1, round2] = [2, 3];
/** Five participants, one colluder: four make a quorum, and a round needs four. */
const deadlines = { graceSeconds: 1, roundSeconds: 20, openingSeconds: 20, rejoinSeconds: 120 };
/** Jobs over the same rows and models would need the same participants in every round: each has a start of its own. */
let seed = 11;
const learning = (rounds = 3) => ({
  model: { kind: 'mlp' as const, hidden: [8] },
  training: { rounds, epochs: 1, batchRows: 32, learningRate: 0.05, seed: seed++ },
});

let federation: Federation;
beforeAll(async () => {
  federation = await Federation.found(5);
  await federation.bringUp(...federation.names);
}, hangMs);
afterAll(() => federation?.close());

function others(...away: string[]): string[] {
  return federation.names.filter((name) => !away.includes(name));
}

function survivors(job: Sight, sum: number): string[] {
  return [...(job.of('survivorsProposed').find((set) => set.sum === sum)?.members ?? [])].sort();
}

/** Finished everywhere with one model; nobody ever let both kinds of secrets of anybody go. */
async function finishedByAll(job: Sight): Promise<void> {
  await atLast(federation, job);
  expect(job.bodies.at(-1)).toMatchObject({ kind: 'finished' });
  for (const name of federation.names) expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
  fingerprintOf(job);
  expectOneKind(job);
}

/** Kills a participant at a moment, lets the others finish, starts it again and lets it catch up. */
async function finishedWithout(reached: (job: Sight) => boolean): Promise<Sight> {
  const job = await federation.submit({ deadlines, ...learning() });
  await moment(job, () => reached(job));
  await federation.kill(victim);
  await until(() => job.ended);
  await until(() => others(victim).every((name) => job.kept(name).concluded));
  federation.start(victim);
  await finishedByAll(job);
  return job;
}

describe('one of five is killed by SIGKILL, the others finish, and it catches up to their model', () => {
  test.runIf(everyTest)(
    'before it uploaded: the rounds go on without it',
    async () => {
      const job = await finishedWithout((seen) => seen.said(victim, `applied/${round1}`));
      expect(survivors(job, round1)).toEqual([...federation.names].sort());
      expect(survivors(job, round2)).toEqual(others(victim).sort());
    },
    hangMs,
  );

  test(
    'after it uploaded: what it uploaded is in the sum',
    async () => {
      const job = await finishedWithout((seen) =>
        seen.posted('contribution', round2).some(({ sender }) => sender === victim),
      );
      expect(survivors(job, round2)).toContain(victim);
      expect(job.posted('reveal', round2).length).toBeGreaterThanOrEqual(4);
    },
    hangMs,
  );

  test.runIf(everyTest)(
    'after it signed, before it reveals',
    async () => {
      const job = await finishedWithout((seen) => seen.said(victim, `survivorSignature/${round2}`));
      expect(survivors(job, round2)).toContain(victim);
    },
    hangMs,
  );
});

test(
  'a sum over four of five is exactly the sum of what these four put in, computed in the clear',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-exact-'));
    try {
      const job = await federation.submit({ deadlines, ...learning(4) });
      await moment(job, () => job.said(victim, `applied/${round1}`));
      await federation.kill(victim);
      await moment(job, () => job.files('bank-a').includes(`state-${round2 + 1}.json`));
      for (const sum of [round2, round2 + 1]) {
        const name = `state-${sum}.json`;
        copyFileSync(join(homeLayout(federation.home('bank-a')).jobs, job.jobId, name), join(folder, name));
      }
      federation.start(victim);
      await finishedByAll(job);
      const members = survivors(job, round2);
      expect(members).toEqual(others(victim).sort());
      const before = await loadState(join(folder, `state-${round2}.json`));
      const spec = specIn(job);
      const task = { spec, purpose: 'update', round: 2 } as const;
      const sums = await plainSum(task, before, members);
      const { state } = absorb({ ...task, participant: 'bank-a' }, before, sums);
      const after = await loadState(join(folder, `state-${round2 + 1}.json`));
      expect(Buffer.from(encodeState(state)).toString()).toBe(Buffer.from(encodeState(after)).toString());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  hangMs,
);

test(
  'two of five are killed: the job waits, and goes on when they are back',
  async () => {
    const job = await federation.submit({
      deadlines: { ...deadlines, roundSeconds: 3, openingSeconds: 3 },
      ...learning(),
    });
    const away = [victim, 'bank-d'];
    await moment(job, () => away.every((name) => job.said(name, `applied/${round1}`)));
    await federation.kill(...away);
    await until(() => job.of('stalled').length > 0 || job.ended);
    const [stalled] = job.of('stalled') as EventOf<'stalled'>[];
    expect(stalled?.missing.every((name) => away.includes(name))).toBe(true);
    for (const name of away) federation.start(name);
    await finishedByAll(job);
  },
  hangMs,
);

/** Stands still, connected, until its round and the next one have closed. */
async function standsStill(late: 'drop' | 'next-round'): Promise<void> {
  const job = await federation.submit({
    deadlines: { ...deadlines, graceSeconds: 3 },
    participation: { late },
    ...learning(12),
  });
  await moment(job, () => job.received(victim, 'sumStarted', round1 + 1));
  federation.freeze(victim);
  await until(() => job.of('survivorsProposed').length > round2 + 1 || job.ended);
  federation.thaw(victim);
  await finishedByAll(job);
  const included = job.of('survivorsProposed').map(({ members }) => members.includes(victim as never));
  expect(included).toContain(false);
  expect(included.slice(included.indexOf(false))).toContain(true);
}

describe('a participant that stood still while its round closed goes on with a later one', () => {
  test.runIf(everyTest)('with the update it had made', () => standsStill('next-round'), hangMs);
  test.runIf(everyTest)('with a new one', () => standsStill('drop'), hangMs);
});

function specIn(job: Sight): HorizontalSpec {
  const spec = jobSpec.parse(JSON.parse(job.of('submitted')[0]!.specJson) as JobSpecInput);
  if (spec.mode !== 'horizontal') throw new Error('not a horizontal job');
  return spec;
}

/** What the members would have summed without any protection. */
async function plainSum(
  task: { readonly spec: HorizontalSpec; readonly purpose: 'update'; readonly round: number },
  before: Awaited<ReturnType<typeof loadState>>,
  members: readonly string[],
): Promise<Float64Array> {
  const backend = await loadBackend();
  let sums: Float64Array | undefined;
  for (const participant of members) {
    const table = await preflight(task.spec, homeLayout(federation.home(participant)).datasets);
    const { values } = partOf({ ...task, participant }, before, { table }, backend);
    sums = sums?.map((sum, at) => sum + values[at]!) ?? values;
  }
  return sums!;
}

test.runIf(everyTest)(
  'a participant whose home is set back to an older copy leaves the job, and the others finish',
  async () => {
    const home = federation.home(victim);
    const copy = `${home}.copy`;
    const job = await federation.submit({ deadlines, ...learning(6) });
    await moment(job, () => job.said(victim, 'applied/2'));
    federation.freeze(victim);
    cpSync(home, copy, { recursive: true });
    federation.thaw(victim);
    await moment(job, () => job.posted('reveal', 3).some(({ sender }) => sender === victim));
    await federation.kill(victim);
    const said = job.posts.filter(({ sender }) => sender === victim);
    job.close();
    rmSync(home, { recursive: true });
    cpSync(copy, home, { recursive: true });
    const again = federation.start(victim);
    await again.printed(/JOURNAL_BEHIND/);
    await until(() => job.ended && others(victim).every((name) => job.kept(name).concluded));
    expect(job.state).toBe('finished');
    for (const name of others(victim)) expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
    expect(job.kept(victim)).toMatchObject({ state: 'left', code: 'JOURNAL_BEHIND' });
    const after = job.posts.filter(({ sender }) => sender === victim).slice(said.length);
    expect(after.map(({ body }) => body.kind).filter((kind) => kind !== 'abort')).toEqual([]);
    // It is of use for the next job.
    const next = await federation.submit({ deadlines, ...learning() });
    await atLast(federation, next);
    expect(next.state).toBe('finished');
    expect(next.kept(victim)).toMatchObject({ state: 'finished' });
  },
  hangMs,
);
