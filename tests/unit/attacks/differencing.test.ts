import { describe, expect, test } from 'vitest';
import { horizontalSpec, type JobId, type PostOf, Secret } from '../../../contract/index.js';
import type { Journal, OpenedSum } from '../../../participant/journal/index.js';
import { refuseDifferencing, spendStatistic } from '../../../participant/rounds/differencing.js';
import { Duties, type DutyParts } from '../../../participant/rounds/perform.js';
import { packShown } from '../../../participant/training/index.js';
import { warmState } from '../../../participant/training/learner.js';
import { five, four, type PlainJob, plainJob, plainSpec } from './plain-job.js';
import { codeOf, digestOfUpload, openJournal, Stage } from './stage.js';

const away = { 2: ['bank-e'] };
const roundOne = 2;
const mlp = { model: { kind: 'mlp', hidden: [4] } };
const refused = 'STATISTICS_DIFFERENCING';

/** Bank A's journal after whole jobs were opened. */
function journalAfter(...jobs: readonly PlainJob[]): Journal {
  const journal = openJournal();
  for (const job of jobs) for (const { sum } of job.sums) spendStatistic(journal, job.opened('bank-a', sum));
  return journal;
}

/** The sums of a job up to the one that is refused, in order, and how that ends. */
function fate(journal: Journal, job: PlainJob): string {
  for (const { sum } of job.sums) {
    const code = codeOf(() => spendStatistic(journal, job.opened('bank-a', sum)));
    if (code !== 'accepted') return `${code} in sum ${sum}`;
  }
  return 'accepted';
}

function minus(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, at) => value - other[at]!);
}

describe('a job that is submitted again, one participant of which comes too late for a round', () => {
  const training = { rounds: 2, batchRows: 65_536, optimizer: 'sgd', learningRate: 0.3 } as const;

  test('would give away its whole vector, bit for bit', async () => {
    const first = await plainJob(plainSpec({ training }));
    for (const round of [2, 3]) {
      const again = await plainJob(plainSpec({ training }), { [round]: ['bank-e'] });
      expect(minus(first.sums[round]!.total, again.sums[round]!.total)).toEqual(
        first.sums[round]!.parts.get('bank-e')!.values,
      );
    }
  });

  test.each([
    ['in the first round', { training }, 2],
    ['in the second round', { training }, 3],
    ['of another model', { ...mlp, training }, 2],
    ['in the second round of another model', { ...mlp, training }, 3],
    ['with categories, whose hash keys differ', { training, features: { x: 'number', home: 'category' } }, 2],
    ['with categories, in the second round', { training, features: { x: 'number', home: 'category' } }, 3],
  ])('is refused by the others %s', async (_, fields, sum) => {
    const first = await plainJob(plainSpec(fields));
    const again = await plainJob(plainSpec(fields), { [sum]: ['bank-e'] });
    expect(fate(journalAfter(first), again)).toBe(`${refused} in sum ${sum}`);
    // The other way round: first without it, then with all.
    expect(fate(journalAfter(again), first)).toBe(`${refused} in sum ${sum}`);
  });

  test.each([
    ['a feature that says nothing', { features: { x: 'number', y: 'number', same: 'number' } }],
    ['another number of bins', { evaluation: { bins: 1000 } }],
    ['a penalty that changes nothing', { training: { ...training, l2: 1.000001e-4 } }],
  ])('is refused with %s too', async (_, change) => {
    for (const model of [{}, mlp]) {
      const first = await plainJob(plainSpec({ ...model, training }));
      for (const sum of [2, 3]) {
        const again = await plainJob(plainSpec({ ...model, training, ...change }), { [sum]: ['bank-e'] });
        expect(fate(journalAfter(first), again)).toBe(`${refused} in sum ${sum}`);
      }
    }
  });

  test('runs with the same participants, and with another seed where the seed makes another model', async () => {
    const first = await plainJob(plainSpec({ ...mlp, training }));
    const same = await plainJob(plainSpec({ ...mlp, training }));
    expect(fate(journalAfter(first), same)).toBe('accepted');
    const other = { ...mlp, training: { ...training, seed: 2 } };
    expect(fate(journalAfter(first), await plainJob(plainSpec(other), away))).toBe('accepted');
  });

  test('a logistic model starts from zero whatever the seed is: its first round needs the same participants', async () => {
    const first = await plainJob(plainSpec({ training }));
    const other = await plainJob(plainSpec({ training: { ...training, seed: 2 } }), away);
    expect(fate(journalAfter(first), other)).toBe(`${refused} in sum ${roundOne}`);
    const { message } = refusalOf(() => refuseDifferencing(journalAfter(first), other.opened('bank-a', 2)));
    expect(message).toContain('same participants');
    expect(message).not.toContain('seed');
    expect(message).not.toContain('bank-');
  });
});

function refusalOf(run: () => void): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

describe('a model that stands still in one job', () => {
  const tiny = { batchRows: 65_536, optimizer: 'sgd' } as const;

  test.each([
    ['clipNorm', { update: { clipNorm: 1e-60 } }],
    ['clipCoordinate', { update: { clipCoordinate: 1e-60 } }],
    ['learningRate', { training: { learningRate: 1e-30 } }],
    ['serverLearningRate', { algorithm: { kind: 'fedadam', serverLearningRate: 1e-30 } }],
    ['epsilon', { algorithm: { kind: 'fedadam', epsilon: 1e6 } }],
    ['beta1', { algorithm: { kind: 'fedadam', beta1: 1 - 1e-12 } }],
    ['beta2', { algorithm: { kind: 'fedadam', beta2: 1 - 1e-16 } }],
  ])('cannot be asked for by %s', (field, fields) => {
    const { error } = horizontalSpec.safeParse({ ...plainSpec(), ...fields });
    expect(error?.issues.map(({ path }) => path.at(-1))).toEqual([field]);
  });

  test.each([
    ['the smallest steps a job may ask for', { training: { ...tiny, learningRate: 1e-6 } }],
    [
      'updates too coarse to move it',
      { training: tiny, update: { bits: 8, clipCoordinate: 1e6, rowsCap: 1e8 } },
    ],
  ])('by %s is not summed over another set', async (_, fields) => {
    const spec = plainSpec({ ...mlp, ...fields, training: { rounds: 3, ...fields.training } });
    expect(fate(openJournal(), await plainJob(spec, { 3: ['bank-e'] }))).toBe(`${refused} in sum 3`);
    expect(fate(openJournal(), await plainJob(spec))).toBe('accepted');
  });

  test('while a model that learns goes on without whoever is late', async () => {
    for (const model of [{}, mlp]) {
      const job = await plainJob(plainSpec({ ...model, training: { rounds: 6 } }), {
        2: ['bank-e'],
        4: ['bank-d'],
        5: ['bank-e'],
        8: ['bank-d'],
      });
      expect(fate(openJournal(), job)).toBe('accepted');
    }
  });
});

describe('a warm start', () => {
  test('over all, from a model that was measured without one of them, would give away its histogram; refused', async () => {
    const first = await plainJob(plainSpec({ training: { rounds: 1 } }), { 3: ['bank-e'] });
    const spec = plainSpec({ warmStart: { job: first.jobId }, training: { rounds: 1 } });
    const warm = await plainJob(spec, {}, warmState(spec, first.last));
    const measured = first.sums[3]!;
    const histogram = warm.sums[0]!.total.subarray(-measured.total.length);
    expect(minus(histogram, measured.total)).toEqual(measured.parts.get('bank-e')!.values);
    expect(fate(journalAfter(first), warm)).toBe(`${refused} in sum 0`);
  });

  test('from a model that all measured goes on with all', async () => {
    const first = await plainJob(plainSpec({ training: { rounds: 1 } }));
    const spec = plainSpec({ warmStart: { job: first.jobId }, training: { rounds: 1 } });
    const warm = await plainJob(spec, {}, warmState(spec, first.last));
    expect(fate(journalAfter(first), warm)).toBe('accepted');
  });
});

describe('statistics of nearly the same participants', () => {
  const ten = Array.from({ length: 10 }, (_, at) => `bank-${at}`);
  const entry = (job: number, members: readonly string[], colluders: number): OpenedSum => ({
    population: 'ab'.repeat(32) as OpenedSum['population'],
    jobId: `job-${String(job).padStart(32, '0')}` as JobId,
    sum: 0,
    purpose: 'magnitudes',
    members,
    colluders,
  });

  test.each([
    // A coalition of c takes its own parts out of a difference of c + 1, and one is left.
    { earlier: 1, now: 1, difference: 2, code: refused },
    { earlier: 1, now: 1, difference: 3, code: 'accepted' },
    { earlier: 3, now: 3, difference: 4, code: refused },
    { earlier: 3, now: 1, difference: 4, code: refused },
    { earlier: 1, now: 3, difference: 4, code: refused },
    { earlier: 3, now: 3, difference: 5, code: 'accepted' },
    { earlier: 3, now: 3, difference: 0, code: 'accepted' },
  ])(
    'c $earlier, then c $now: a difference of $difference is $code',
    ({ earlier, now, difference, code }) => {
      const journal = openJournal();
      spendStatistic(journal, entry(1, ten, earlier));
      expect(codeOf(() => spendStatistic(journal, entry(2, ten.slice(difference), now)))).toBe(code);
    },
  );

  test('outlive the job they were opened in', () => {
    const journal = openJournal();
    const first = entry(1, ten, 1);
    journal.keepJob(first.jobId, 'running');
    spendStatistic(journal, first);
    journal.keepJob(first.jobId, 'finished');
    journal.conclude(first.jobId);
    expect(codeOf(() => spendStatistic(journal, entry(2, ten.slice(1), 1)))).toBe(refused);
  });

  test('of one sum are written down once, however often it is opened', () => {
    const journal = openJournal();
    const first = entry(1, ten, 1);
    for (let time = 0; time < 2; time++) spendStatistic(journal, first);
    expect(journal.statistics.of(first.population)).toEqual([first]);
  });
});

describe('a survivor set that differs from one that was opened over the same model', () => {
  /** Bank A before a round that is closed over four of five; another job was opened over all. */
  async function closed() {
    const job = await plainJob(plainSpec({ training: { rounds: 1 } }));
    const fields = { warmStart: { job: job.jobId }, participation: { quorum: 4 } };
    const stage = await new Stage(five, fields).joined();
    stage.add({ kind: 'sumKeysRequested', firstSum: 0, count: 1, deadlineMs: 1 });
    stage.started().contributed(four).proposed(four);
    const transcript = stage.transcript('bank-a');
    const sum = transcript.currentSum!;
    const journal = journalAfter(job);
    const digest = digestOfUpload('bank-a', 0);
    const { kind: _, ...own } = sum.contributions.get('bank-a' as never) as PostOf<'contribution'>;
    journal.keepOutgoing(transcript.jobId, own);
    const record = packShown(job.opened('bank-a', 3));
    journal.keepSecret(transcript.jobId, `population/${digest}`, new Secret(record));
    const duties = new Duties({ journal } as unknown as DutyParts);
    const perform = (kind: 'signSurvivors') =>
      duties.perform({ kind, sum }, transcript, new AbortController().signal);
    return { perform, journal, rows: job.opened('bank-a', 3).population, sums: job.sums.length };
  }

  test('is not signed, and not counted as opened', async () => {
    const { perform, journal, rows, sums } = await closed();
    await expect(perform('signSurvivors')).rejects.toMatchObject({ code: refused });
    expect(journal.statistics.of(rows)).toHaveLength(sums);
  });
});
