import { describe, expect, it } from 'vitest';
import type { LabelSet } from '../../../cli/participant-door.js';
import { plainPalette } from '../../../cli/text/palette.js';
import { labelPage } from '../../../cli/views/labels.js';
import { longLines } from './harness.js';

const release = {
  ...{ jobId: `job-${'1'.repeat(32)}`, holder: 'shop', kind: 'binning', waiver: '' },
  ...{ functionals: 6, atMs: Date.UTC(2026, 2, 1) },
};
const pageOf = (spent: number, budgets: readonly number[]) => {
  const releases = budgets.map((budget) => ({ ...release, budget }));
  const set = { dataset: 'loans', labels: { rows: 4000, bad: 1340 }, budget: 80, spent, releases };
  return labelPage([set as unknown as LabelSet], plainPalette);
};

describe('the account of a label set whose last job trained on fewer rows than there are labels', () => {
  it('says the budget by these rows beside that of the set, and what another like it has left', () => {
    const page = pageOf(6, [80, 8]);
    expect(page).toContain('left             74');
    expect(page).toContain('of the last job  budget 8 by the rows it trained on: another like it has 2');
    expect(longLines(page)).toEqual([]);
  });

  it('says when another like it has none', () => {
    expect(pageOf(11, [8])).toMatch(/another like it has none; 3\s+beyond the budget/);
  });

  it.each([
    ['nothing was released', []],
    ['the last job had the budget of all rows', [8, 80]],
  ])('has no such line when %s', (_, budgets) => {
    expect(pageOf(6, budgets)).not.toContain('of the last job');
  });
});
