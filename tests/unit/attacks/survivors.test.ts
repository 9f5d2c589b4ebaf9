import { describe, expect, test } from 'vitest';
import type { HexDigest, PostOf } from '../../../contract/index.js';
import { dutiesOf } from '../../../participant/rounds/duties.js';
import { codeOf, nextRound, Stage } from './stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const four = five.slice(0, 4);
const others = five.slice(1);
const far = 1_800_000_000_000;

/** A training round that is under way. */
async function round(): Promise<Stage> {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  return (await new Stage(five, { warmStart }).joined()).started();
}

/** The posts of one side as that side signed them, on the way to the other one. */
function postsOf(stage: Stage, kind: string) {
  return stage.bodies.flatMap((body) =>
    body.kind === 'posted' && body.post.body.kind === kind ? [body] : [],
  );
}

describe('a coordinator that shows two survivor sets', () => {
  test('to one participant', async () => {
    const stage = (await round()).contributed().proposed(four).proposed(others);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  // bank-b signed in good faith what it was shown: nobody but the coordinator is to blame.
  test('to two sides: the first signature from the other side is enough, and names nobody', async () => {
    const stage = (await round()).contributed();
    const common = stage.bodies.length;
    stage.proposed(four).signed(['bank-b']);
    const fromThere = postsOf(stage, 'survivorSignature');
    stage.bodies.length = common;
    stage.proposed(others).add(...fromThere);
    expect(() => stage.transcript()).toThrow(
      expect.objectContaining({ code: 'SURVIVORS_MISMATCH', parties: [] }),
    );
  });

  test('to two sides that hear nothing of each other: neither reaches a quorum, so no share leaves', async () => {
    const stage = (await round()).contributed();
    const common = stage.bodies.length;
    // However it divides five honest participants, each signs once: one side has at most two signatures.
    for (const [members, side] of [
      [four, five.slice(0, 3)],
      [others, five.slice(3)],
    ] as const) {
      stage.bodies.length = common;
      stage.proposed(members).signed(side);
      for (const me of side) {
        expect(dutiesOf(stage.transcript(me), false).filter(({ kind }) => kind === 'reveal')).toEqual([]);
      }
      stage.ready();
      for (const me of side) expect(codeOf(() => stage.transcript(me))).toBe('SURVIVORS_MISMATCH');
    }
  });
});

describe('a survivor set', () => {
  test('below the needed number', async () => {
    const stage = (await round()).contributed(five.slice(0, 3)).proposed(five.slice(0, 3));
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_TOO_FEW');
  });

  test('below the needed number, filled up by naming one twice', async () => {
    const stage = (await round()).contributed().proposed([...five.slice(0, 3), 'bank-a']);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('with a contribution nobody signed', async () => {
    const stage = (await round()).contributed(four).proposed(five);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('with contributions of several shapes, also for who is outside it', async () => {
    const stage = (await round()).contributed(['bank-b', 'bank-c', 'bank-d']);
    stage.contributed(['platform-x'], { valueCount: 99 }).proposed(others);
    expect(codeOf(() => stage.transcript())).toBe('SUM_SHAPE');
  });

  test('without who contributed another shape goes on; where nobody may be missing that ends the job', async () => {
    const stage = (await round()).contributed(four).contributed(['platform-x'], { valueCount: 99 });
    expect(codeOf(() => stage.proposed(four).transcript())).toBe('accepted');
    const all = (await new Stage(five).joined()).started();
    all.contributed(four).contributed(['platform-x'], { valueCount: 99 });
    expect(codeOf(() => all.transcript())).toBe('SUM_SHAPE');
  });

  test('of statistics without somebody: with an earlier sum over all it would give that one away', async () => {
    const stage = (await new Stage(five).joined()).started().contributed().proposed(four);
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_TOO_FEW');
  });
});

describe('a coordinator that moves signatures and reveals', () => {
  test('below a quorum of signatures nothing is revealed, and a sum shown then is refused', async () => {
    const stage = (await round()).contributed().proposed(five).signed(five.slice(0, 3));
    const kinds = dutiesOf(stage.transcript('platform-x'), false).map(({ kind }) => kind);
    expect(kinds).not.toContain('reveal');
    expect(codeOf(() => stage.ready().transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('signatures of an earlier sum do not count in a later one', async () => {
    const stage = (await round()).contributed().proposed(five).signed();
    const earlier = postsOf(stage, 'survivorSignature');
    stage.ready().revealed().applied(five, nextRound(2)).agreed(nextRound(2));
    stage.started().contributed().proposed(five);
    const common = stage.bodies.length;
    // As they are, they say nothing new.
    stage.add(...earlier);
    expect(stage.transcript().currentSum?.signaturesOnSurvivors()).toBe(0);
    // Relabelled, they are not what was signed.
    for (const { post } of earlier) {
      stage.bodies.length = common;
      stage.add({
        kind: 'posted',
        post: { ...post, body: { ...post.body, sum: 1 } as PostOf<'survivorSignature'> },
      });
      expect(codeOf(() => stage.transcript())).toBe('SIGNATURE_INVALID');
    }
    // Signed again by their sender in the later sum, they are of another set.
    const [first] = earlier;
    const { survivorDigest } = first!.post.body as PostOf<'survivorSignature'>;
    stage.bodies.length = common;
    stage.say(first!.post.sender, { kind: 'survivorSignature', sum: 1, survivorDigest });
    expect(codeOf(() => stage.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('a reveal of another sum or sender is not what was signed', async () => {
    const stage = (await round()).contributed().proposed(five).signed().ready().revealed();
    const common = stage.bodies.length;
    const [post] = postsOf(stage, 'reveal').map((body) => body.post);
    for (const moved of [
      { ...post!, body: { ...post!.body, sum: 1 } as PostOf<'reveal'> },
      { ...post!, sender: 'bank-c' as never },
    ]) {
      stage.bodies.length = common;
      stage.add({ kind: 'posted', post: moved });
      expect(codeOf(() => stage.transcript())).toBe('SIGNATURE_INVALID');
    }
  });

  test('a second reveal of one sender for one sum', async () => {
    const stage = (await round()).contributed().proposed(five).signed().ready().revealed();
    stage.say('bank-b', { kind: 'reveal', sum: 0, ciphertext: new Uint8Array(17) });
    expect(codeOf(() => stage.transcript())).toBe('MESSAGE_CONFLICT');
  });

  test.each([
    ['a reveal before there is a sum', 'reveal'],
    ['a report before there is a sum', 'applied'],
    ['a signature before there is a survivor set', 'survivorSignature'],
  ] as const)('%s', async (_, kind) => {
    const stage = (await round()).contributed();
    if (kind === 'survivorSignature') {
      stage.say('bank-b', { kind, sum: 0, survivorDigest: 'e'.repeat(64) as HexDigest });
    } else {
      stage.proposed(five).signed();
      if (kind === 'reveal') stage.revealed(['bank-b']);
      else stage.applied(['bank-b'], nextRound(2));
    }
    expect(codeOf(() => stage.transcript())).toBe('MESSAGE_UNEXPECTED');
  });

  test('a contribution after its survivor set', async () => {
    const stage = (await round()).contributed(four).proposed(four).contributed(['platform-x']);
    expect(codeOf(() => stage.transcript())).toBe('MESSAGE_UNEXPECTED');
  });
});

describe('a coordinator that wants one starting model summed over two sets', () => {
  test('announces the sum again', async () => {
    const stage = (await round()).contributed().proposed(four);
    stage.add({ kind: 'sumStarted', sum: 0, purpose: 'update', round: 1, deadlineMs: far });
    expect(codeOf(() => stage.transcript())).toBe('SUM_OUT_OF_ORDER');
  });

  test('announces the same round as another sum, before or after the first was agreed on', async () => {
    const again = { kind: 'sumStarted', sum: 1, purpose: 'update', round: 1, deadlineMs: far } as const;
    const open = (await round()).contributed().proposed(four).add(again);
    expect(codeOf(() => open.transcript())).toBe('SUM_OUT_OF_ORDER');
    const closed = (await round()).contributed(four).proposed(four).signed(four).ready().revealed(four);
    closed.applied(four, nextRound(2)).agreed(nextRound(2)).add(again);
    expect(codeOf(() => closed.transcript())).toBe('SUM_OUT_OF_ORDER');
  });

  test('declares it agreed before enough shares exist to open it', async () => {
    const stage = (await round()).contributed().proposed(five).signed().ready().revealed(five.slice(0, 3));
    stage.applied(five, nextRound(2)).agreed(nextRound(2));
    expect(codeOf(() => stage.transcript())).toBe('SUM_OUT_OF_ORDER');
  });
});
