import { describe, expect, test } from 'vitest';
import type { NextStep } from '../../../contract/index.js';
import { dutiesOf, dutyName, isObsolete } from '../../../participant/rounds/duties.js';
import { codeOf, nextRound, Stage } from '../attacks/stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const four = five.slice(0, 4);
const others = ['bank-a', 'bank-b', 'bank-c', 'platform-x'];
const x = 'platform-x';
const quantiles: NextStep = { purpose: 'quantiles', round: 0, stopped: '', bestRound: 0 };

/** A job of trees whose first tree had one level, over everybody. */
async function secondTree(fields: object = {}): Promise<Stage> {
  const stage = new Stage(five, { model: { kind: 'trees', depth: 3 }, training: { rounds: 3 }, ...fields });
  await stage.joined();
  return stage.summed(five, quantiles).summed(five, nextRound(1)).summed(five, nextRound(2));
}

function owed(stage: Stage, me: string): string[] {
  const keys = ['shareJobKeys', 'signRoster'];
  return dutiesOf(stage.transcript(me), false)
    .map(dutyName)
    .filter((name) => !keys.includes(name));
}

const skipped = (stage: Stage) => {
  const { sum } = stage.transcript().currentSum!;
  return stage.add({ kind: 'sumSkipped', sum });
};

describe('a coordinator that shows another set for a later level of a tree', () => {
  test.each([
    ['fewer', four],
    ['as many others', others],
  ])('with %s members is refused: the difference would be histograms of one participant', async (_, set) => {
    const stage = (await secondTree()).summed(four, nextRound(2)).started().contributed().proposed(set);
    const code = set === four ? 'accepted' : 'SURVIVORS_MISMATCH';
    expect(codeOf(() => stage.transcript())).toBe(code);
    const whole = (await secondTree()).summed(five, nextRound(2)).started().contributed().proposed(set);
    expect(codeOf(() => whole.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('may choose anew for the next tree', async () => {
    const stage = (await secondTree())
      .summed(five, nextRound(2))
      .summed(five, nextRound(3))
      .summed(four, nextRound(3));
    expect(stage.transcript().currentSum).toMatchObject({ round: 3 });
  });

  test('must begin the first tree with everybody', async () => {
    const stage = new Stage(five, { model: { kind: 'trees', depth: 3 }, training: { rounds: 3 } });
    await stage.joined();
    stage.summed(five, quantiles).summed(five, nextRound(1)).started().contributed().proposed(four);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_TOO_FEW');
  });
});

describe('a skipped level', () => {
  test('is owed nothing, and the next tree follows', async () => {
    const stage = skipped((await secondTree()).summed(five, nextRound(2)).started().contributed(four));
    expect(owed(stage, x)).toEqual([]);
    const sum = stage.transcript(x).currentSum!;
    expect(isObsolete({ kind: 'contribute', sum })).toBe(true);
    expect(stage.transcript().summing.expectedNext()).toMatchObject({
      step: { purpose: 'update', round: 3 },
    });
    expect(owed(stage.started(), x)).toEqual([`contribute/${sum.sum + 1}`]);
  });

  test('of the last tree is followed by the evaluation', async () => {
    const stage = (await secondTree()).summed(five, nextRound(3)).summed(five, nextRound(3));
    skipped(stage.started());
    expect(stage.transcript().summing.expectedNext()).toMatchObject({
      step: { purpose: 'evaluation', round: 0 },
    });
  });

  test('cannot be the first of a tree, a statistic, a round of another model, one whose set was proposed, or skipped twice', async () => {
    const first = (await secondTree()).started();
    expect(codeOf(() => skipped(first).transcript())).toBe('SUM_OUT_OF_ORDER');
    const statistic = (await new Stage(five, { model: { kind: 'trees' } }).joined()).started();
    expect(codeOf(() => skipped(statistic).transcript())).toBe('SUM_OUT_OF_ORDER');
    const warm = { warmStart: { job: `job-${'0'.repeat(32)}` } };
    const other = (await new Stage(five, warm).joined()).summed(five, nextRound(2)).started();
    expect(codeOf(() => skipped(other).transcript())).toBe('SUM_OUT_OF_ORDER');
    const proposed = (await secondTree()).summed(five, nextRound(2)).started().contributed().proposed(five);
    expect(codeOf(() => skipped(proposed).transcript())).toBe('SUM_OUT_OF_ORDER');
    const twice = skipped(skipped((await secondTree()).summed(five, nextRound(2)).started()));
    expect(codeOf(() => twice.transcript())).toBe('SUM_OUT_OF_ORDER');
  });

  test('cannot be opened after all: no set, no sum, no agreement', async () => {
    const stage = async () =>
      skipped((await secondTree()).summed(five, nextRound(2)).started().contributed());
    const set = (await stage()).proposed(five);
    expect(codeOf(() => set.transcript())).toBe('SURVIVORS_MISMATCH');
    const sum = (await stage()).ready();
    expect(codeOf(() => sum.transcript())).toBe('SURVIVORS_MISMATCH');
    const agreed = (await stage()).agreed(nextRound(2));
    expect(codeOf(() => agreed.transcript())).not.toBe('accepted');
  });

  test('lets nobody go on with the same tree', async () => {
    const stage = skipped((await secondTree()).summed(five, nextRound(2)).started());
    const { sum } = stage.transcript().currentSum!;
    stage.add({ kind: 'sumStarted', sum: sum + 1, purpose: 'update', round: 2, deadlineMs: 1 });
    expect(codeOf(() => stage.transcript())).toBe('SUM_OUT_OF_ORDER');
  });
});

test('who was not in the first level of a tree contributes to no later one, and signs, reveals and opens all of them', async () => {
  const stage = (await secondTree()).summed(four, nextRound(2)).started();
  expect(owed(stage, x).filter((name) => name.startsWith('contribute'))).toEqual([]);
  expect(owed(stage, 'bank-b')).toEqual(['contribute/4']);
  stage.contributed(four).proposed(four);
  expect(owed(stage, x)).toContain('signSurvivors/4');
});
