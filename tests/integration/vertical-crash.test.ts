import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Post, postPlace, type StepName } from '../../contract/index.js';
import { listLabels } from '../../participant/main.js';
import type { VerticalResult } from '../../participant/vertical/index.js';
import { everyTest } from '../support/every-test.js';
import { HomeCopies } from './support/home-copies.js';
import { moment, type Sight, until } from './support/sight.js';
import { bank, copyDataset, hub, platform } from './support/vertical-homes.js';
import { VerticalProcesses } from './support/vertical-processes.js';
import { boostingSpec, pairParts, trainingSpec } from './support/vertical-specs.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;

let federation: VerticalProcesses;
let reference: Outcome;

beforeAll(async () => {
  federation = await VerticalProcesses.found();
  for (const name of ['participants', 'coordinator', 'everybody']) copyDataset(federation.home(bank), name);
  reference = await outcomeOf(await federation.submit(trainingSpec()), 'loans');
}, hangMs);
afterAll(() => federation?.close());

/** What a job leaves behind that must not depend on who was killed in it. */
interface Outcome {
  readonly auc: number;
  readonly ks: number;
  /** Charged to the label budget: `kind functionals`. */
  readonly charges: readonly string[];
}

/** The job on a copy of the bank's dataset: labels of another name have a ledger and a question of their own. */
function specOn(dataset: string, changes: object = {}) {
  return trainingSpec({ parties: { ...pairParts, [bank]: { ...pairParts[bank], dataset } }, ...changes });
}

/** Waits for a clean end: finished everywhere, everything said once, nothing left over. */
async function outcomeOf(job: Sight, dataset: string): Promise<Outcome> {
  await until(() => job.ended && federation.names.every((name) => job.kept(name).concluded));
  const said = [hub, ...federation.names].flatMap((name) => federation.output(name).slice(-5));
  expect(job.bodies.at(-1), said.join('\n')).toMatchObject({ kind: 'finished', rounds: 3, bestRound: 3 });
  for (const name of federation.names) {
    expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
    expect(job.files(name).sort()).toEqual(['model.json', 'result.json', 'spec.json']);
  }
  const places = job.posts.map(({ sender, body }) => `${sender} ${postPlace(body)}`);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  // A second post in a place with other bytes is refused; a coordinator that is wrong says so at level error.
  expect(federation.output(hub).filter((line) => /MESSAGE_CONFLICT|"level":50/.test(line))).toEqual([]);
  await until(() => !existsSync(join(federation.home(hub), 'blobs', job.jobId.slice('job-'.length))));
  const { evaluation } = resultOf(job, bank);
  const { auc, ks } = evaluation!.joint.metrics;
  const [set] = await listLabels({ home: federation.home(bank), dataset });
  const ofJob = set!.releases.filter(({ jobId }) => jobId === job.jobId);
  return { auc, ks, charges: ofJob.map(({ kind, functionals }) => `${kind} ${functionals}`) };
}

function resultOf(job: Sight, name: string): VerticalResult {
  return job.result(name) as unknown as VerticalResult;
}

function sameAs({ auc, ks, charges }: Outcome) {
  return { auc: expect.closeTo(auc, 4), ks: expect.closeTo(ks, 4), charges };
}

/** A moment in the life of a job, as its transcript and the files of its parties show it. */
type Moment = (job: Sight, name: string) => boolean;

/** The number of a step once it is open; `level` is that of a tree. */
function numberOf(job: Sight, name: StepName, round: number, level: number): number | undefined {
  const open = job.of('stepOpened').filter((event) => event.name === name && event.round === round);
  return open[level]?.step;
}

const opened =
  (step: StepName, round = 0, level = 0): Moment =>
  (job) =>
    numberOf(job, step, round, level) !== undefined;
/** The step is open, and the party has something of it on disk. */
const working =
  (step: StepName, file: RegExp, round = 0): Moment =>
  (job, name) =>
    opened(step, round)(job, name) && job.files(name).some((found) => file.test(found));
/** The party has written down what it sends in the step, sent or not. */
const noted =
  (step: StepName, round = 0, level = 0): Moment =>
  (job, name) => {
    const number = numberOf(job, step, round, level);
    return number !== undefined && job.places(name).some((place) => place.startsWith(`parcel/${number}/`));
  };
const sent =
  (step: StepName, round = 0, level = 0): Moment =>
  (job, name) => {
    const number = numberOf(job, step, round, level);
    return job.posts.some((post) => post.sender === name && stepOf(post) === number && number !== undefined);
  };
const anyoneSent =
  (step: StepName, round = 0): Moment =>
  (job) =>
    federation.names.some((name) => sent(step, round)(job, name));

function stepOf({ body }: Post): number | undefined {
  return body.kind === 'parcel' || body.kind === 'report' ? body.step : undefined;
}

/** Who is killed when; each one after the other. */
type Plan = readonly (readonly [victims: string | readonly string[], when: string, reached: Moment])[];

async function disturbed(job: Sight, plan: Plan): Promise<void> {
  for (const [victims, when, reached] of plan) {
    const all = [victims].flat();
    await moment(job, () => reached(job, all[0]!)).catch((error: Error) => {
      throw new Error(`${all.join()}, ${when}: ${error.message}`);
    });
    await federation.kill(...all);
    for (const name of all) federation.start(name);
  }
}

const everybody = [hub, bank, platform];

describe('killed by SIGKILL and started again, the job ends as an undisturbed one', () => {
  const run = async (dataset: string, plan: Plan) => {
    const job = await federation.submit(specOn(dataset));
    await disturbed(job, plan);
    expect(await outcomeOf(job, dataset)).toEqual(sameAs(reference));
  };

  test(
    'participants and coordinator',
    () =>
      run('everybody', [
        [bank, 'blinds', working('blind', /^work-blind-|^work-set/)],
        [hub, 'opened the counts', opened('counts')],
        [bank, 'has answered with WOE', noted('woe')],
        [platform, 'opens gradients', opened('openings', 1)],
        [everybody, 'has some products', anyoneSent('products', 2)],
      ]),
    hangMs,
  );

  test.runIf(everyTest).each<[string, Plan]>([
    [
      'participants',
      [
        [platform, 'has pledged', noted('pledge')],
        [platform, 'counts', opened('counts')],
        [platform, 'encrypts its terms', opened('terms', 1)],
        [bank, 'has sent its products', sent('products', 1)],
        [platform, 'opens gradients', opened('openings', 2)],
        [platform, 'closes', opened('close')],
      ],
    ],
    [
      'coordinator',
      [
        [hub, 'has some blinded ids', anyoneSent('blind')],
        [hub, 'opened the products', opened('products', 1)],
        [hub, 'waits for reports', opened('close')],
      ],
    ],
  ])('the %s at other moments', run, hangMs);
});

test(
  'a partner that stops in the middle of an iteration and stays away is named with what it owes, and learns the end when it is back',
  async () => {
    const job = await federation.submit(trainingSpec({ deadlines: { stepSeconds: 5, rejoinSeconds: 5 } }));
    await moment(job, () => opened('products', 1)(job, platform));
    await federation.kill(platform);
    await until(() => job.ended);
    expect(job.of('failed')).toMatchObject([{ code: 'DEADLINE_MISSED', parties: [platform] }]);
    expect(job.of('failed')[0]?.detail).toBe(
      `${platform} did not send its masked gradients to ${bank} in time`,
    );
    await until(() => job.kept(bank).concluded);
    expect(job.kept(bank)).toMatchObject({ state: 'failed', code: 'DEADLINE_MISSED' });
    expect(job.files(bank)).toEqual([]);
    expect(job.files(platform)).not.toEqual([]);
    federation.start(platform);
    await until(() => job.kept(platform).concluded);
    expect(job.kept(platform)).toMatchObject({ state: 'failed', code: 'DEADLINE_MISSED' });
    expect(job.files(platform)).toEqual([]);
  },
  hangMs,
);

/**
 * Rows stand in an order of their own in every job, and trees with them. So the power fails everywhere at once, and the same
 * job goes on twice from the same disks: undisturbed, and with one after the other killed.
 */
test(
  'killed at any level of any tree, everybody ends with the trees that the job would have had',
  async () => {
    const submitted = await federation.submit(boostingSpec());
    await moment(submitted, () => opened('gradients', 2)(submitted, hub));
    await federation.kill(...everybody);
    const disks = await HomeCopies.of(federation, everybody);
    const goOn = async (plan: Plan) => {
      for (const name of everybody) federation.start(name);
      const job = federation.look(submitted.jobId);
      await disturbed(job, plan);
      await until(() => job.ended && federation.names.every((name) => job.kept(name).concluded));
      expect(job.bodies.at(-1)).toMatchObject({ kind: 'finished' });
      const places = job.posts.map(({ sender, body }) => `${sender} ${postPlace(body)}`);
      expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
      return federation.names.map((name) => job.model(name));
    };
    const undisturbed = await goOn([]);
    await federation.kill(...everybody);
    await disks.putBack();
    const ended = await goOn([
      [platform, 'sums up the root', opened('histograms', 2)],
      [bank, 'has chosen splits', noted('splits', 2, 1)],
      [hub, 'waits for the sides of the last level', opened('sides', 2, 2)],
      [bank, 'encrypts the gradients of tree 3', opened('gradients', 3)],
      [platform, 'has sent its sums', sent('histograms', 3, 1)],
      [everybody, 'opened the last splits', opened('splits', 3, 2)],
      [platform, 'has noted which rows go left', noted('sides', 3, 2)],
      [bank, 'ends the last tree', opened('tree', 3)],
    ]);
    expect(ended).toEqual(undisturbed);
    const { forest } = JSON.parse(ended[0]!);
    expect(forest.trees).toHaveLength(3);
    expect(ended[0]).toContain(`"party":"${platform}"`);
  },
  hangMs,
);

test('no process said a customer key, on whatever level it logs', () => {
  const keys = ['loans.csv', 'customers.csv'].flatMap((file) => {
    const home = federation.home(file === 'loans.csv' ? bank : platform);
    const lines = readFileSync(join(home, 'datasets', file), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    return lines.map((line) => line.split(',')[0]!.normalize('NFKC').trim().toUpperCase());
  });
  const text = [hub, ...federation.names].flatMap((name) => federation.output(name)).join('\n');
  expect(text).toContain('connected');
  const upper = text.toUpperCase();
  expect(keys.filter((key) => upper.includes(key))).toEqual([]);
  expect(readdirSync(federation.home(hub))).toContain('coordinator.sqlite');
});
