import { describe, expect, test } from 'vitest';
import type { HexDigest, NextStep } from '../../../contract/index.js';
import { dutiesOf, dutyName, isObsolete, mayReveal } from '../../../participant/rounds/duties.js';
import { codeOf, nextRound, Stage } from '../attacks/stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const [a, b, c, d, x] = five as [string, string, string, string, string];
/** Q = floor((5 + 1) / 2) + 1, and so many members an update sum needs. */
const four = five.slice(0, 4);
const moments: NextStep = { purpose: 'moments', round: 0, stopped: '', bestRound: 0 };

/** Five participants of a job that goes on from an earlier model, so that its first sum is a training round. */
function warm(fields: object = {}): Promise<Stage> {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  return new Stage(five, { warmStart, ...fields }).joined();
}

/** What a participant owes in the sums of a job, once keys are left aside. */
function owed(stage: Stage, me: string): string[] {
  const keys = ['shareJobKeys', 'signRoster'];
  return dutiesOf(stage.transcript(me), false)
    .map(dutyName)
    .filter((name) => !keys.includes(name));
}

describe('who is outside the survivor set', () => {
  test('signs, reveals and opens like its members, from their look of the sum', async () => {
    const stage = (await warm()).started().contributed(four).proposed(four);
    expect(owed(stage, x)).toEqual(['signSurvivors/0']);
    stage.signed([...four, x]).ready();
    expect(owed(stage, x)).toEqual(['reveal/0']);
    stage.revealed(five);
    expect(owed(stage, x)).toEqual(['openSum/0']);
    const { survivors } = stage.transcript(x).currentSum!;
    expect(survivors).toMatchObject({ members: four, parameterSet: 'narrow', valueCount: 100 });
  });

  test('opens again once more is revealed, when what was there did not open it', async () => {
    const stage = (await warm())
      .started()
      .contributed(four)
      .proposed(four)
      .signed([...four, x])
      .ready();
    stage.revealed(four);
    const transcript = stage.transcript(x);
    const sum = transcript.currentSum!;
    const duties = () => dutiesOf(transcript, false).map(dutyName);
    expect(duties()).toContain('openSum/0');
    sum.notEnough = sum.reveals.size;
    expect(duties().filter((name) => name.startsWith('openSum'))).toEqual([]);
    sum.reveals.set(x as never, sum.reveals.get(a as never)!);
    expect(duties()).toContain('openSum/0/4');
  });

  test('opens without having signed or revealed when the others agreed meanwhile', async () => {
    const stage = (await warm()).summed(four, nextRound(2));
    expect(owed(stage, x)).toEqual(['openSum/0']);
  });

  test('first helps the round that waits for it, then opens what it missed in order, then contributes', async () => {
    const stage = (await warm()).summed(four, nextRound(2)).summed(four, nextRound(3));
    stage.started().contributed(four);
    expect(owed(stage, x)).toEqual(['openSum/0', 'openSum/1', 'contribute/2']);
    stage.proposed(four);
    expect(owed(stage, x)).toEqual(['signSurvivors/2', 'openSum/0', 'openSum/1']);
    stage.signed(four).ready();
    expect(owed(stage, x)).toEqual(['signSurvivors/2', 'reveal/2', 'openSum/0', 'openSum/1']);
  });

  test('opens several sums after the end, before it concludes', async () => {
    const done: NextStep = { purpose: 'done', round: 0, stopped: 'rounds', bestRound: 2 };
    const stage = (await warm({ training: { rounds: 2 } })).summed(four, nextRound(2)).summed(four, done);
    stage.add({ kind: 'finished', fingerprint: 'c'.repeat(64) as HexDigest, rounds: 2, bestRound: 2 });
    expect(dutiesOf(stage.transcript(x), false).map(dutyName)).toEqual([
      'openSum/0',
      'openSum/1',
      'conclude',
    ]);
    expect(dutiesOf(stage.transcript(x), true)).toEqual([]);
  });

  test('stops training for a round that closed, and nothing else', async () => {
    const stage = (await warm()).started().contributed(four);
    const transcript = stage.transcript(x);
    const sum = transcript.currentSum!;
    expect(isObsolete({ kind: 'contribute', sum })).toBe(false);
    stage.proposed(four);
    const closed = stage.transcript(x).currentSum!;
    expect(isObsolete({ kind: 'contribute', sum: closed })).toBe(true);
    for (const kind of ['signSurvivors', 'reveal', 'openSum'] as const) {
      expect(isObsolete({ kind, sum: closed })).toBe(false);
    }
  });
});

describe('how many a sum needs', () => {
  test('a round as few as is safe', async () => {
    const stage = (await warm()).started().contributed().proposed(four);
    expect(stage.transcript().currentSum?.survivors?.members).toEqual(four);
    const short = (await warm()).started().contributed().proposed(five.slice(0, 3));
    expect(codeOf(() => short.transcript())).toBe('SURVIVORS_TOO_FEW');
  });

  test('a round as many as the spec asks for', async () => {
    const stage = (await warm({ participation: { quorum: 5 } })).started().contributed().proposed(four);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_TOO_FEW');
  });

  test('statistics everybody, although a quorum is there: a job without that one could follow', async () => {
    const stage = (await new Stage(five).joined()).started().contributed().proposed(four);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_TOO_FEW');
  });
});

test('a job that waits is followed, and nothing new is owed', async () => {
  const stage = (await warm()).started().contributed([a, b, c]);
  const before = owed(stage, d);
  stage.add({ kind: 'stalled', missing: [d, x] as never, deadlineMs: 1 });
  expect(owed(stage, d)).toEqual(before);
});

describe('when shares may leave', () => {
  const signing = async (signers: readonly string[]) =>
    (await warm()).started().contributed(four).proposed(four).signed(signers).transcript(x);

  test.each([
    ['three of four signatures', [a, b, c], false],
    ['a quorum of members', four, true],
    ['a quorum with one outside the set', [a, b, c, x], true],
  ])('%s', async (_, signers, may) => {
    const sum = (await signing(signers)).currentSum!;
    expect(mayReveal(sum, 4)).toBe(false);
    sum.ready = { kind: 'sumReady', sum: 0, digest: '' as never, bytes: 1, addMs: 1, deadlineMs: 1 };
    expect(mayReveal(sum, 4)).toBe(may);
  });

  test('never for a sum that is shown before a quorum signed', async () => {
    const stage = (await warm()).started().contributed(four).proposed(four).signed([a, b, c]).ready();
    expect(codeOf(() => stage.transcript(x))).toBe('SURVIVORS_MISMATCH');
  });
});

describe('reports that come after the agreement', () => {
  const agreed = async () => (await warm()).summed(four, nextRound(2));

  test('are taken when they say the same', async () => {
    const stage = (await agreed()).applied([x], nextRound(2));
    expect(stage.transcript().sums[0]?.applied.size).toBe(5);
  });

  test('end the job here when they do not, naming their sender', async () => {
    const stage = (await agreed()).applied([x], nextRound(2), { fingerprint: 'd'.repeat(64) as HexDigest });
    expect(() => stage.transcript()).toThrow(
      expect.objectContaining({ code: 'MODEL_DISAGREEMENT', parties: [x] }),
    );
  });
});

test('an honest job with waits in every phase stays below the bound on its events', async () => {
  const rounds = 1;
  const spec = { training: { rounds }, evaluation: {} };
  const stage = await new Stage(five, spec).joined();
  const stalled = () => stage.add({ kind: 'stalled', missing: [x] as never, deadlineMs: 1 });
  const steps: NextStep[] = [
    moments,
    ...Array.from({ length: rounds }, (_, round) => nextRound(round + 1)),
    { purpose: 'evaluation', round: 0, stopped: 'rounds', bestRound: rounds },
    { purpose: 'done', round: 0, stopped: 'rounds', bestRound: rounds },
  ];
  for (const next of steps) {
    stage.started();
    stalled().contributed().proposed(five);
    stalled().signed().ready().revealed();
    stalled().applied(five, next).agreed(next);
  }
  const { mostEvents } = stage.transcript().summing;
  expect(stage.bodies.length).toBeLessThan(mostEvents);
});
