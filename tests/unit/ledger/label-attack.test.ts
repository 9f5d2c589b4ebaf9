import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { labelBudget } from '../../../participant/journal/index.js';
import { coded } from '../../support/coded.js';
import { day, job, journalFile } from './home.js';
import { type BinCount, reconstruct } from './reconstruction.js';

const rows = 2000;
const columns = 40;
const bins = 10;

/** Uniform on [0, 1), the same in every run. */
function uniform(seed: string): number[] {
  const bytes = createHash('shake256', { outputLength: rows * 4 })
    .update(seed)
    .digest();
  return Array.from({ length: rows }, (_, i) => bytes.readUInt32LE(i * 4) / 2 ** 32);
}

const labels = Uint8Array.from(uniform('labels'), (value) => (value < 0.05 ? 1 : 0));
const bad = labels.reduce((sum, each) => sum + each, 0);

/** What one binning job on a column of the platform answers: the bad count of every bin. */
function answersOn(column: number): BinCount[] {
  const values = uniform(`column ${column}`);
  return Array.from({ length: bins }, (_, bin) => {
    const inBin = Array.from(values.keys()).filter((row) => Math.floor(values[row]! * bins) === bin);
    return { rows: inBin, bad: inBin.reduce((sum, row) => sum + labels[row]!, 0) };
  });
}

/** Of as many rows as are bad, the most suspicious ones: the share that is. */
function hitRate(belief: Float64Array): number {
  const suspects = Array.from(belief.keys()).sort((a, b) => belief[b]! - belief[a]!);
  return suspects.slice(0, bad).filter((row) => labels[row] === 1).length / bad;
}

const everyColumn = Array.from({ length: columns }, (_, column) => column);

describe('exact bin counts of 40 columns over 2,000 labels (PROTOCOLS 6)', () => {
  it('in the clear give back every single label, and the attacker knows that they do', () => {
    const { labels: found, belief } = reconstruct(rows, everyColumn.flatMap(answersOn), 2000);
    expect(found).toEqual(labels);
    expect(hitRate(belief)).toBe(1);
  });

  it('are refused by the ledger after the fourth column, from which nobody learns who is bad', () => {
    const ledger = journalFile().open().labels;
    const budget = labelBudget({ rows, bad });
    expect(budget).toBe(40);
    const told: BinCount[] = [];
    const verdicts = everyColumn.map((column) => {
      const answers = answersOn(column);
      const release = {
        holder: 'platform-x' as ParticipantName,
        kind: 'binning' as const,
        question: `column ${column}`,
        functionals: answers.length,
        answer: JSON.stringify(answers.map((each) => each.bad)),
      };
      // A job of its own each time: the account is of the labels' life.
      const verdict = coded(() => ledger.charge('loans', job(column), [release], { budget }, day(column)));
      if (verdict === 'no error') told.push(...answers);
      return verdict;
    });
    expect(verdicts).toEqual(
      everyColumn.map((column) => (column < 4 ? 'no error' : 'LABEL_BUDGET_EXCEEDED')),
    );

    // Naming anybody is right in 5 % of the cases.
    expect(hitRate(reconstruct(rows, told, 400).belief)).toBeLessThan(0.2);
  });
});
