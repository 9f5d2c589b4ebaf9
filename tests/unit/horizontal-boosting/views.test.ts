import { describe, expect, onTestFinished, test } from 'vitest';
import { plainPalette } from '../../../cli/text/palette.js';
import { gainTable } from '../../../cli/views/feature-gains.js';
import { progressWords } from '../../../cli/views/job.js';
import { roundTable } from '../../../cli/views/round.js';
import { pooledAdder } from '../../../coordinator/adding/index.js';
import { estimate, findRound, jobView, Presence, roundViews } from '../../../coordinator/jobs/index.js';
import { isSumming } from '../../../coordinator/rounds/index.js';
import { five, fiveJob, without } from '../coordinator/support/five.js';
import type { TableJob } from '../coordinator/support/table-job.js';
import { treeSpec } from './stage.js';

const model = { kind: 'trees', depth: 2 };
const away = five[3]!;

function sources(job: TableJob) {
  const parties = new Map(five.map((name) => [name as string, { organisation: 'Org', role: 'bank' }]));
  return { presence: new Presence(), parties, nowMs: job.nowMs, describe: (set: string) => `the ${set} set` };
}

/** A job in the third of its three trees, whose second ended above its second level. */
function inThirdTree(): TableJob {
  const reached = (round: number, level: number) => (state: TableJob['state']) =>
    isSumming(state) && state.current.round === round && state.current.level === level;
  const job = fiveJob({ model, training: { rounds: 3 } }).run(reached(2, 1));
  job.run(() => false, without(away)).tick(60_000);
  return job.run(reached(3, 1));
}

describe('a job of trees as people see it', () => {
  test('says tree and level, and how much is left by the pace of its sums', () => {
    const job = inThirdTree();
    const view = jobView(job.state, sources(job));
    expect(view).toMatchObject({ round: 3, rounds: 3, level: 2, levels: 2, algorithm: 'boosting' });
    expect(progressWords(view as never)).toBe('running, round 3 of 3, level 2 of 2, collecting');
    expect(view.secondsLeft).toBeGreaterThan(0);
    const other = fiveJob().run((state) => 'current' in state && state.current.purpose === 'update');
    expect(jobView(other.state, sources(other))).toMatchObject({ level: 0, levels: 0 });
  });

  test('lists a sum for each level, the skipped one without anything opened, metrics with the last of a tree', () => {
    const job = inThirdTree();
    const views = roundViews(job.state, sources(job)).filter(({ purpose }) => purpose === 'update');
    expect(views.map(({ round, level, phase }) => [round, level, phase])).toEqual([
      ...[1, 2].map((level) => [1, level, 'agreed']),
      ...[
        [2, 1, 'agreed'],
        [2, 2, 'skipped'],
        [3, 1, 'agreed'],
        [3, 2, 'collecting'],
      ],
    ]);
    expect(views[3]).toMatchObject({ verification: 'not opened', survivors: [], leftOut: [], sumDigest: '' });
    expect(views[3]!.participants.map(({ state }) => state)).toEqual(
      five.map((name) => (name === away ? 'left-out' : 'uploaded')),
    );
    expect(views.map(({ metrics }) => metrics.length)).toEqual([0, 1, 0, 1, 0, 0]);
    const table = roundTable(views as never, plainPalette);
    expect(table).toContain('2, level 2');
    expect(table).toContain('not opened');
    expect(findRound(job.state, { round: 2 })).toMatchObject({ level: 0 });
  });

  test('is estimated by whole trees', async () => {
    const adder = pooledAdder();
    onTestFinished(() => adder.close());
    const spec = treeSpec({ depth: 3, bins: 31 });
    const { valuesPerRound, basis } = estimate(spec, adder, []);
    // Seven nodes, four features, 32 slots, g and h; scores of two classes and four more.
    expect(valuesPerRound).toBe(7 * 4 * 32 * 2 + 2 * 1000 + 4);
    expect(basis).toContain('a tree of 3 sums');
  });

  test('has features by what they gained', () => {
    const gains = [
      { feature: 'income', splits: 3, gain: 30, cover: 1 },
      { feature: 'age', splits: 1, gain: 10, cover: 1 },
    ];
    const lines = gainTable({ importance: gains } as never, plainPalette).split('\n');
    expect(lines[1]).toMatch(/^income +3 +75\.0 % +50\.0 %$/);
    expect(gainTable({} as never, plainPalette)).toBe('');
  });
});
