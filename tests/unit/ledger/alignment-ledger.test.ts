import { describe, expect, it } from 'vitest';
import { day, job, journalFile } from './home.js';

const used = (sessions: Map<string, number>) => Object.fromEntries(sessions);

describe('the alignment ledger', () => {
  it('counts a job once with each peer, however often it starts again', () => {
    const { open } = journalFile();
    const first = open();
    first.alignments.begin(job(1), 'loans', ['platform-x', 'platform-y'], day(0));
    first.alignments.begin(job(1), 'loans', ['platform-x', 'platform-y'], day(1));
    first.alignments.begin(job(2), 'loans', ['platform-x'], day(1));
    first.alignments.begin(job(3), 'cards', ['platform-x'], day(1));
    first.close();
    const { alignments } = open();
    expect(used(alignments.used('loans', day(2)))).toEqual({ 'platform-x': 2, 'platform-y': 1 });
    expect(used(alignments.used('cards', day(2)))).toEqual({ 'platform-x': 1 });
    expect(used(alignments.used('other', day(2)))).toEqual({});
  });

  it('looks back 30 days, and counts what a clock set back put into the future', () => {
    const { alignments } = journalFile().open();
    alignments.begin(job(1), 'loans', ['platform-x'], day(0));
    alignments.begin(job(2), 'loans', ['platform-x'], day(10));
    const at = (time: number) => alignments.used('loans', time).get('platform-x') ?? 0;
    expect([at(day(30) - 1), at(day(30)), at(day(40))]).toEqual([2, 1, 0]);
    expect(at(day(-100))).toBe(2);
  });
});
