import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Federation, hub } from './support/federation.js';
import { atLast, fingerprintOf, finished } from './support/outcome.js';
import { moment, type Sight, until } from './support/sight.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 240_000;

let federation: Federation;
/** Fingerprint of the model of an undisturbed run. */
let reference: string;

beforeAll(async () => {
  federation = await Federation.found();
  await federation.bringUp(...federation.names);
  reference = fingerprintOf(await finished(federation, await submit()));
}, hangMs);

afterAll(() => federation?.close());

/** A moment in the life of a job, as the files of its parties show it. */
type Moment = (job: Sight, name: string) => boolean;
/** Who is killed when; each victim's moments come one after the other. */
type Plan = Readonly<Record<string, readonly (keyof typeof moments)[]>>;

/** Sums 0 and 1 are statistics, 2 to 4 the rounds of training, 5 the evaluation. */
const last = 5;

const moments = {
  'knows of the job': (job, name) => job.received(name, 'submitted'),
  'wrote down its consent': (job, name) => job.said(name, 'consent'),
  consented: (job, name) => posted(job, name, 'consent'),
  'wrote down its roster entry': (job, name) => job.said(name, 'join'),
  'made the shared keys': (job, name) => job.said(name, 'keyCommitments'),
  'signed the roster': (job, name) => posted(job, name, 'rosterSignature'),
  'made mask keys': (job, name) => job.said(name, 'sumKeys/0'),
  'trains round 1': (job, name) => job.received(name, 'sumStarted', 3),
  'has protected round 1': (job, name) => job.outgoing(name, 2),
  'uploaded round 2': (job, name) => job.said(name, 'contribution/3'),
  'contributed to round 2': (job, name) => posted(job, name, 'contribution', 3),
  'signed the survivors of round 2': (job, name) => job.said(name, 'survivorSignature/3'),
  'wrote down its reveals of round 3': (job, name) => reveals(job, name, 4),
  'opens round 3': (job, name) => job.files(name).includes('sum-4.download'),
  'has the model of round 3': (job, name) => job.files(name).includes('state-5.json'),
  'wrote down its report on round 3': (job, name) => job.said(name, 'applied/4'),
  'reported on the evaluation': (job, name) => posted(job, name, 'applied', last),
  'knows that the job is finished': (job, name) => job.received(name, 'finished'),
  'wrote its result': (job, name) => job.files(name).includes('result.json'),
  'stored the job': (job) => job.of('submitted').length > 0,
  'got a consent': (job) => job.posted('consent').length > 0,
  'got a roster entry': (job) => job.posted('join').length > 0,
  'got a signed roster': (job) => job.posted('rosterSignature').length > 0,
  'got mask keys': (job) => job.posted('sumKeys').length > 0,
  'waits for round 1': (job) => job.of('sumStarted').length > 2,
  'got a contribution to round 1': (job) => job.posted('contribution', 2).length > 0,
  'proposed survivors of round 2': (job) => job.of('survivorsProposed').length > 3,
  'adds round 2': (job) => job.posted('survivorSignature', 3).length === 3,
  'announced the sum of round 3': (job) => job.of('sumReady').length > 4,
  'got a report on round 3': (job) => job.posted('applied', 4).length > 0,
  'adds the evaluation': (job) => job.posted('survivorSignature', last).length === 3,
  'saw agreement on the evaluation': (job) => job.of('sumAgreed').length > last,
} satisfies Record<string, Moment>;

describe('killed by SIGKILL and started again, everybody ends with the undisturbed model', () => {
  test.each<[string, Plan]>([
    [
      'three participants, twice each',
      {
        'bank-a': ['wrote down its consent', 'uploaded round 2'],
        'bank-b': ['has protected round 1', 'wrote its result'],
        'platform-x': ['opens round 3', 'reported on the evaluation'],
      },
    ],
    ['the coordinator', { [hub]: ['got a signed roster', 'adds round 2', 'got a report on round 3'] }],
  ])('%s', (_, plan) => disturbed(plan), hangMs);

  test.runIf(everyTest).each<[string, Plan]>([
    [
      'three participants at other moments',
      {
        'bank-a': [
          'made the shared keys',
          'trains round 1',
          'contributed to round 2',
          'wrote down its report on round 3',
          'knows that the job is finished',
        ],
        'bank-b': [
          'consented',
          'wrote down its roster entry',
          'signed the survivors of round 2',
          'has the model of round 3',
        ],
        'platform-x': [
          'knows of the job',
          'signed the roster',
          'made mask keys',
          'wrote down its reveals of round 3',
        ],
      },
    ],
    [
      'the coordinator at other moments',
      {
        [hub]: [
          'stored the job',
          'got a consent',
          'got mask keys',
          'waits for round 1',
          'got a contribution to round 1',
          'announced the sum of round 3',
        ],
      },
    ],
    [
      'the coordinator at the end of phases',
      {
        [hub]: [
          'got a roster entry',
          'proposed survivors of round 2',
          'adds the evaluation',
          'saw agreement on the evaluation',
        ],
      },
    ],
  ])('%s', (_, plan) => disturbed(plan), hangMs);

  test.runIf(everyTest)(
    'all four at once',
    async () => {
      const job = await submit();
      for (const name of ['got mask keys', 'got a contribution to round 1', 'adds round 2'] as const) {
        await moment(job, () => isReached(name, job, hub));
        await cycle(hub, ...federation.names);
      }
      expect(fingerprintOf(await finished(federation, job))).toBe(reference);
    },
    hangMs,
  );

  test.runIf(everyTest)(
    'at moments that a seed draws',
    async () => {
      const draw = drawnBy(1);
      const job = await submit();
      for (let kills = 0; kills < 3 && !job.ended; kills++) {
        await new Promise((resolve) => setTimeout(resolve, draw() * 800));
        const victims = [hub, ...federation.names].filter(() => draw() < 0.4);
        await cycle(...victims);
      }
      expect(fingerprintOf(await finished(federation, job))).toBe(reference);
    },
    hangMs,
  );
});

describe('a participant that stays away', () => {
  test(
    'until the job is finished gets its model when it is back',
    async () => {
      const job = await submit();
      await moment(job, () => isReached('reported on the evaluation', job, 'bank-b'));
      await federation.kill('bank-b');
      await until(() => job.ended);
      expect(job.files('bank-b')).not.toContain('result.json');
      federation.start('bank-b');
      expect(fingerprintOf(await finished(federation, job))).toBe(reference);
    },
    hangMs,
  );

  test.runIf(everyTest)(
    'while a quorum agrees opens the sum late and ends with the same model',
    async () => {
      // Without colluders two of three are a quorum, which suffices once the deadline has passed.
      const job = await submit({ colluders: 0, deadlines: { openingSeconds: 5 } });
      for (const sum of [3, last]) {
        await moment(job, () => job.said('bank-b', `survivorSignature/${sum}`));
        await federation.kill('bank-b');
        await until(() => job.of('sumAgreed').length > sum || job.ended);
        federation.start('bank-b');
      }
      expect(fingerprintOf(await finished(federation, job))).toBe(reference);
      expect(job.posted('applied', last).map(({ sender }) => sender)).not.toContain('bank-b');
    },
    hangMs,
  );

  test(
    'until the job failed knows why when it is back',
    async () => {
      const job = await submit({
        deadlines: { roundSeconds: 5, openingSeconds: 5, rejoinSeconds: 5 },
      });
      await moment(job, () => job.received('platform-x', 'sumStarted'));
      await federation.kill('platform-x');
      await until(() => job.ended);
      federation.start('platform-x');
      await atLast(federation, job);
      for (const name of federation.names) {
        expect(job.kept(name)).toMatchObject({ state: 'failed', code: 'DEADLINE_MISSED' });
      }
      expect(job.of('failed')).toMatchObject([{ parties: ['platform-x'] }]);
    },
    hangMs,
  );
});

function isReached(which: keyof typeof moments, job: Sight, name: string): boolean {
  const reached: Moment = moments[which];
  return reached(job, name);
}

async function disturbed(plan: Plan): Promise<void> {
  const job = await submit();
  await Promise.all(
    Object.entries(plan).map(async ([victim, when]) => {
      for (const name of when) {
        await moment(job, () => isReached(name, job, victim));
        await cycle(victim);
      }
    }),
  );
  expect(fingerprintOf(await finished(federation, job))).toBe(reference);
}

async function cycle(...victims: string[]): Promise<void> {
  await federation.kill(...victims);
  for (const victim of victims) {
    const started = federation.start(victim);
    if (victim === hub) listening = started.printed(/"event":"listening"/).catch(() => undefined);
  }
}

/** A job can end with the moment at which the coordinator was killed: it may still be starting. */
let listening: Promise<unknown> = Promise.resolve();

async function submit(changes: Parameters<Federation['submit']>[0] = {}): Promise<Sight> {
  await listening;
  return federation.submit(changes);
}

function posted(job: Sight, name: string, ...which: Parameters<Sight['posted']>): boolean {
  return job.posted(...which).some(({ sender }) => sender === name);
}

function reveals(job: Sight, name: string, sum: number): boolean {
  return job.said(name, `reveal/${sum}`);
}

/** Numbers in [0, 1) that only the seed decides (mulberry32). */
function drawnBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
