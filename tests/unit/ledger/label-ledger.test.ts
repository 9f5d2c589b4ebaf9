import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { labelBudget } from '../../../participant/journal/index.js';
import type { LabelRelease } from '../../../participant/vertical/index.js';
import { coded } from '../../support/coded.js';
import { day, job, journalFile } from './home.js';

const release = (
  question: string,
  functionals: number,
  change: Partial<LabelRelease> = {},
): LabelRelease => ({
  holder: 'platform-x' as ParticipantName,
  kind: 'binning',
  question,
  functionals,
  answer: `answer to ${question}`,
  ...change,
});

describe('the label budget', () => {
  it.each([
    [{ rows: 2000, bad: 300 }, 40],
    [{ rows: 2049, bad: 300 }, 40],
    [{ rows: 100_000, bad: 700 }, 700],
    [{ rows: 100_000, bad: 99_400 }, 600],
    [{ rows: 49, bad: 20 }, 0],
    [{ rows: 1000, bad: 0 }, 0],
  ])('of %j is %i', (labels, budget) => {
    expect(labelBudget(labels)).toBe(budget);
  });
});

describe('the label ledger', () => {
  it('adds up over jobs, holders and kinds, and keeps label sets apart', () => {
    const { labels } = journalFile().open();
    labels.charge('loans', job(1), [release('a', 10)], { budget: 40 }, day(0));
    labels.charge('loans', job(2), [release('a', 5, { kind: 'fit' })], { budget: 40 }, day(1));
    const other = { holder: 'platform-y' as ParticipantName };
    labels.charge('loans', job(3), [release('a', 20, other)], { budget: 40 }, day(2));
    expect(labels.standing('loans').spent).toBe(35);
    expect(labels.standing('cards').spent).toBe(0);
    expect(labels.entries('loans').map(({ jobId, holder, kind }) => [jobId, holder, kind])).toEqual([
      [job(1), 'platform-x', 'binning'],
      [job(2), 'platform-x', 'fit'],
      [job(3), 'platform-y', 'binning'],
    ]);
  });

  it('refuses what does not fit, with numbers, and writes none of it down', () => {
    const { labels } = journalFile().open();
    labels.charge('loans', job(1), [release('a', 25)], { budget: 40 }, day(0));
    const charge = () =>
      labels.charge('loans', job(2), [release('b', 10), release('c', 6)], { budget: 40 }, day(1));
    expect(coded(charge)).toBe('LABEL_BUDGET_EXCEEDED');
    expect(charge).toThrowError(/25 functionals .* 16 more.* budget is 40/);
    expect(labels.entries()).toHaveLength(1);
    labels.charge('loans', job(3), [release('b', 15)], { budget: 40 }, day(1));
    expect(labels.standing('loans').spent).toBe(40);
  });

  it('a question is paid once: repeated it costs nothing and keeps its first answer, also beyond the budget', () => {
    const { labels } = journalFile().open();
    labels.charge('loans', job(1), [release('a', 40)], { budget: 40 }, day(0));
    const again = release('a', 40, { answer: 'another answer' });
    labels.charge('loans', job(2), [again, again], { budget: 3 }, day(9));
    expect(labels.standing('loans')).toEqual({
      spent: 40,
      answered: [{ holder: 'platform-x', kind: 'binning', question: 'a', answer: 'answer to a' }],
    });
  });

  it('a waiver lifts the budget and stands beside what exceeded it, and only there', () => {
    const { labels } = journalFile().open();
    const waiver = 'J. Doe, CRO: audited pilot until June';
    labels.charge('loans', job(1), [release('a', 40)], { budget: 40, waiver }, day(0));
    labels.charge('loans', job(2), [release('b', 1)], { budget: 40, waiver }, day(1));
    expect(labels.entries('loans').map((entry) => [entry.functionals, entry.waiver, entry.budget])).toEqual([
      [40, '', 40],
      [1, waiver, 40],
    ]);
    expect(coded(() => labels.charge('loans', job(3), [release('c', 1)], { budget: 40 }, day(2)))).toBe(
      'LABEL_BUDGET_EXCEEDED',
    );
  });

  it('takes no count that is none: NaN would pass every comparison', () => {
    const { labels } = journalFile().open();
    for (const functionals of [Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY]) {
      const charge = () =>
        labels.charge('loans', job(1), [release('a', functionals)], { budget: 40 }, day(0));
      expect(coded(charge)).toBe('INTERNAL');
    }
    expect(labels.entries()).toEqual([]);
  });

  it('survives a restart, with answers unreadable on disk', () => {
    const { open, path } = journalFile();
    const first = open();
    first.labels.charge(
      'loans',
      job(1),
      [release('a', 10, { answer: '{"woe":[0.5]}' })],
      { budget: 40 },
      day(0),
    );
    first.close();
    const again = open();
    expect(again.labels.standing('loans')).toMatchObject({
      spent: 10,
      answered: [{ answer: '{"woe":[0.5]}' }],
    });
    again.close();
    expect(readFileSync(path).includes('woe')).toBe(false);
  });

  it('is part of the step that releases: refused, the step is not noted either', () => {
    const journal = journalFile().open();
    const keep = (functionals: number) =>
      journal.keepStep(job(1), { step: 3, parcels: [], timings: [] }, new Map(), () =>
        journal.labels.charge('loans', job(1), [release('a', functionals)], { budget: 40 }, day(0)),
      );
    expect(coded(() => keep(41))).toBe('LABEL_BUDGET_EXCEEDED');
    expect(journal.stepNote(job(1), 3)).toBeUndefined();
    keep(40);
    // The first note of a step stands, and so does its charge.
    keep(41);
    expect(journal.labels.standing('loans').spent).toBe(40);
  });

  it('laws: never above the budget without waiver; resending anything changes nothing', () => {
    const releases = fc.array(
      fc.record({ question: fc.constantFrom('a', 'b', 'c', 'd', 'e'), functionals: fc.nat(20) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.array(releases, { maxLength: 8 }), fc.nat(60), (jobs, budget) => {
        const { labels } = journalFile().open();
        const paid = new Map<string, number>();
        for (const [at, asked] of jobs.entries()) {
          const charge = () =>
            coded(() =>
              labels.charge(
                'loans',
                job(at),
                asked.map(({ question, functionals }) => release(question, functionals)),
                { budget },
                day(at),
              ),
            );
          const expected = new Map(paid);
          for (const { question, functionals } of asked) {
            if (!expected.has(question)) expected.set(question, functionals);
          }
          const total = [...expected.values()].reduce((sum, each) => sum + each, 0);
          const news = expected.size > paid.size && total > [...paid.values()].reduce((a, b) => a + b, 0);
          const outcome = charge();
          expect(outcome).toBe(news && total > budget ? 'LABEL_BUDGET_EXCEEDED' : 'no error');
          if (outcome === 'no error') for (const [question, cost] of expected) paid.set(question, cost);
          charge();
          expect(labels.standing('loans').spent).toBe([...paid.values()].reduce((a, b) => a + b, 0));
          expect(labels.standing('loans').spent).toBeLessThanOrEqual(Math.max(budget, 0));
        }
      }),
      { numRuns: 25 },
    );
  });
});
