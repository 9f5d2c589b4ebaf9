import { describe, expect, test } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { dutiesOf, dutyName } from '../../../participant/rounds/duties.js';
import { codeOf, nextRound, Stage } from '../attacks/stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const [a, b, c, d, x] = five as [string, string, string, string, string];
/** Everybody but bank-d, who vanished after its upload; Q of them. */
const others = [a, b, c, x];

async function added(members = five): Promise<Stage> {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  const stage = await new Stage(five, { warmStart }).joined();
  return stage.started().contributed(members).proposed(members).signed(others).ready();
}

function asked(stage: Stage, ...missing: string[]): Stage {
  return stage.add({ kind: 'recoveryAsked', sum: 0, missing: missing as ParticipantName[] });
}

function recovered(
  stage: Stage,
  names: readonly string[],
  cause: 'missing' | 'doubted',
  ...of: string[]
): Stage {
  const members = of as ParticipantName[];
  for (const name of names) {
    stage.say(name, { kind: 'recovery', sum: 0, cause, members, ciphertext: new Uint8Array(65) });
  }
  return stage;
}

function shown(stage: Stage): void {
  stage.transcript(a);
}

function owed(stage: Stage, me: string): string[] {
  const keys = ['shareJobKeys', 'signRoster'];
  return dutiesOf(stage.transcript(me), false)
    .map(dutyName)
    .filter((name) => !keys.includes(name));
}

describe('a member that did not open its seed', () => {
  test('keeps the sum closed until the coordinator asks and Q have answered', async () => {
    const stage = (await added()).revealed(others);
    expect(owed(stage, a)).toEqual([]);
    asked(stage, d);
    expect(owed(stage, a)).toEqual(['recover/0']);
    recovered(stage, [a, b, c], 'missing', d);
    expect(owed(stage, a)).toEqual([]);
    recovered(stage, [x], 'missing', d);
    expect(owed(stage, a)).toEqual(['openSum/0']);
  });

  test('owes what everybody owes when it comes back', async () => {
    const stage = asked((await added()).revealed(others), d);
    expect(owed(stage, d)).toEqual(['signSurvivors/0', 'reveal/0', 'recover/0']);
  });

  test('need not be recovered once it opened the seed itself', async () => {
    const stage = asked((await added()).revealed(others), d).revealed([d]);
    expect(owed(stage, a)).toEqual(['recover/0', 'openSum/0']);
  });
});

describe('a coordinator that asks for seeds', () => {
  test('before the sum is there, or twice, is refused', async () => {
    const warmStart = { job: `job-${'0'.repeat(32)}` };
    const early = await new Stage(five, { warmStart }).joined();
    early.started().contributed(five).proposed(five).signed(others);
    expect(codeOf(() => shown(asked(early, d)))).toBe('MESSAGE_UNEXPECTED');
    const twice = asked(asked((await added()).revealed(others), d), c);
    expect(codeOf(() => shown(twice))).toBe('MESSAGE_UNEXPECTED');
  });

  test('of somebody outside the survivor set is refused: of that one only the mask secret may leave', async () => {
    const stage = (await added(others)).revealed(others);
    expect(codeOf(() => shown(asked(stage, c, d)))).toBe('SURVIVORS_MISMATCH');
  });

  test('too early gets nothing that it would not get later, and a sum that opens all the same', async () => {
    const stage = asked(await added(), ...five);
    expect(owed(stage, a)).toEqual(['reveal/0', 'recover/0']);
    expect(owed(stage.revealed(five), a)).toEqual(['recover/0', 'openSum/0']);
  });

  test('or shows an agreement before enough was revealed of everybody, is refused', async () => {
    const open = (await added()).revealed(others).applied(others, nextRound(2));
    expect(codeOf(() => shown(open.agreed(nextRound(2))))).toBe('SUM_OUT_OF_ORDER');
    const few = asked((await added()).revealed(others), d);
    recovered(few, [a, b, c], 'missing', d).applied(others, nextRound(2));
    expect(codeOf(() => shown(few.agreed(nextRound(2))))).toBe('SUM_OUT_OF_ORDER');
    const enough = asked((await added()).revealed(others), d);
    recovered(enough, others, 'missing', d).applied(others, nextRound(2));
    expect(codeOf(() => shown(enough.agreed(nextRound(2))))).toBe('accepted');
  });
});

test('an attempt that was not enough is made again with every share of a doubted seed', async () => {
  const stage = (await added()).revealed(five);
  const transcript = stage.transcript(a);
  const sum = transcript.currentSum!;
  const duties = () => dutiesOf(transcript, false).map(dutyName);
  expect(duties()).toContain('openSum/0');
  sum.notEnough = sum.revealed;
  expect(duties()).not.toContain('openSum/0/5');
  const body = { kind: 'recovery', sum: 0, cause: 'doubted', members: [c] } as const;
  sum.record(b as never, { ...body, members: [c as never], ciphertext: new Uint8Array(65) }, a as never);
  expect(duties()).toContain('openSum/0/5');
});
