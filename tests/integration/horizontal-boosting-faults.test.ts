import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HorizontalSpec, type JobSpecInput, jobSpec, type NextStep } from '../../contract/index.js';
import { firstStep, loadBackend } from '../../learning/index.js';
import { homeLayout } from '../../participant/config.js';
import { preflight } from '../../participant/data/index.js';
import { Journal } from '../../participant/journal/index.js';
import { homeCredentials } from '../../participant/main.js';
import { drawKey } from '../../participant/rounds/draw-key.js';
import { type LearnerState, loadState } from '../../participant/training/index.js';
import { absorb, partOf } from '../../participant/training/learner.js';
import type { LocalData } from '../../participant/training/sum-task.js';
import { everyTest } from '../support/every-test.js';
import { Federation, hub } from './support/federation.js';
import { atLast, expectOneKind, fingerprintOf } from './support/outcome.js';
import { moment, type Sight, until } from './support/sight.js';

const hangMs = 300_000;
const victim = 'platform-x';
/** Sums 0 and 1 are statistics; trees of full depth take three each. */
const secondTree = 5;
const deadlines = { graceSeconds: 2, roundSeconds: 60, openingSeconds: 60, rejoinSeconds: 120 };
const trees = {
  model: { kind: 'trees', depth: 3, learningRate: 0.3, minimumChildWeight: 0, groupRows: 20 },
  training: { rounds: 4, seed: 3 },
} as const;

let federation: Federation;
beforeAll(async () => {
  federation = await Federation.found(5);
  await federation.bringUp(...federation.names);
}, hangMs);
afterAll(() => federation?.close());

const others = () => federation.names.filter((name) => name !== victim);

async function finishedByAll(job: Sight): Promise<void> {
  await atLast(federation, job);
  expect(job.bodies.at(-1)).toMatchObject({ kind: 'finished' });
  for (const name of federation.names) expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
  fingerprintOf(job);
  expectOneKind(job);
}

function kept(name: string, job: Sight): Promise<LearnerState> {
  return loadState(`${homeLayout(federation.home(name)).jobs}/${job.jobId}/model.json`);
}

function specIn(job: Sight): HorizontalSpec {
  const spec = jobSpec.parse(JSON.parse(job.of('submitted')[0]!.specJson) as JobSpecInput);
  if (spec.mode !== 'horizontal') throw new Error('not a horizontal job');
  return spec;
}

/** Keys of draws, from the journals while the job runs. */
async function drawKeys(job: Sight): Promise<Map<string, Uint8Array>> {
  const keys = new Map<string, Uint8Array>();
  for (const name of federation.names) {
    const { participant } = await homeCredentials({ home: federation.home(name) });
    const journal = new Journal(homeLayout(federation.home(name)).journal, participant!.journalKey);
    keys.set(name, drawKey(journal.jobSecret(job.jobId as never)));
    journal.close();
  }
  return keys;
}

/** The job in the clear, with the members that each of its sums had: what all must have ended with. */
async function inTheClear(job: Sight, keys: ReadonlyMap<string, Uint8Array>): Promise<LearnerState> {
  const backend = await loadBackend();
  const spec = specIn(job);
  const data = new Map<string, LocalData>();
  for (const name of federation.names) {
    data.set(name, { table: await preflight(spec, homeLayout(federation.home(name)).datasets) });
  }
  let state: LearnerState = { hashKey: '00'.repeat(32), history: [], trainLoss: [] };
  let step: NextStep = firstStep(spec);
  for (const { sum, members } of job.of('survivorsProposed')) {
    const started = job.of('sumStarted').find((event) => event.sum === sum)!;
    const task = { spec, purpose: started.purpose, round: started.round };
    const parts = members.map((participant) =>
      partOf(
        { ...task, participant, drawKey: keys.get(participant)! },
        state,
        data.get(participant)!,
        backend,
      ),
    );
    const sums = parts
      .map(({ values }) => values)
      .reduce((total, values) => total.map((value, at) => value + values[at]!));
    ({ state, next: step } = absorb({ ...task, participant: 'bank-a' }, state, sums));
  }
  expect(step.purpose).toBe('done');
  return state;
}

test(
  'who is killed in a tree ends it there; the others go on, it catches up, and all have the trees of a run in the clear',
  async () => {
    const job = await federation.submit({ deadlines, ...trees });
    await moment(job, () => job.said(victim, `applied/${secondTree}`));
    await federation.kill(victim);
    const keys = await drawKeys(job);
    await until(() => job.ended);
    federation.start(victim);
    await finishedByAll(job);
    expect(job.of('sumSkipped').map(({ sum }) => sum)).toEqual([secondTree + 1]);
    const sets = job.of('survivorsProposed').filter(({ sum }) => sum > secondTree);
    expect(sets.every(({ members }) => members.length === 4)).toBe(true);
    const { forest } = await inTheClear(job, keys);
    expect(forest!.trees.length).toBe(4);
    expect(forest!.trees[1]!.branches.length).toBe(1);
    for (const name of federation.names) expect((await kept(name, job)).forest).toEqual(forest);
  },
  hangMs,
);

test.runIf(everyTest)(
  'everybody and the coordinator are killed at a level and come back: the trees are those of a run in the clear',
  async () => {
    const patient = { ...deadlines, graceSeconds: 60 };
    const job = await federation.submit({ deadlines: patient, ...trees, training: { rounds: 3, seed: 4 } });
    await moment(job, () => job.said(victim, `contribution/${secondTree + 1}`));
    const keys = await drawKeys(job);
    await federation.kill(hub, ...federation.names);
    await federation.bringUp(hub);
    await federation.bringUp(victim, ...others());
    await finishedByAll(job);
    expect(job.of('sumSkipped')).toEqual([]);
    const { forest } = await inTheClear(job, keys);
    for (const name of federation.names) expect((await kept(name, job)).forest).toEqual(forest);
  },
  hangMs,
);
