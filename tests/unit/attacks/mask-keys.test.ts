import { describe, expect, test } from 'vitest';
import { type EventBody, keyedDigest, type ParticipantName, type PostBody } from '../../../contract/index.js';
import { dutiesOf, dutyName } from '../../../participant/rounds/duties.js';
import { JobSecrets } from '../../../participant/rounds/keys.js';
import { codeOf, nextRound, openJournal, Stage } from './stage.js';

const six = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'bank-e', 'platform-x'] as ParticipantName[];
const [a, b, , d, e, x] = six as readonly string[] as [string, string, string, string, string, string];
/** Who has keys of the second batch: platform-x was away. Q = 4. */
const five = six.slice(0, 5);
const keyed = keyedDigest(1, five);

/** A job of mask keys for one sum at a time. The first is summed, keys of the second are asked for. */
async function asked(names: readonly string[] = six): Promise<Stage> {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  const stage = await new Stage(names, { warmStart, participation: { keyBatch: 1 } }).joined();
  return stage.keysAsked(0, 1).summed(names, nextRound(2)).keysAsked(1, 1);
}

function closing(without: readonly string[], firstSum = 1): EventBody {
  return { kind: 'keysClosed', firstSum, without: without as ParticipantName[] };
}

async function closed(): Promise<Stage> {
  return (await asked()).add(closing([x]));
}

/** What a participant owes beside the keys of the job. */
function owed(stage: Stage, me: string): string[] {
  const keys = ['shareJobKeys', 'signRoster'];
  const names = dutiesOf(stage.transcript(me), false).map(dutyName);
  return names.filter((name) => !keys.includes(name));
}

function seen(stage: Stage, me?: string): string {
  return codeOf(() => stage.transcript(me));
}

describe('who is shown that a batch went on without it', () => {
  test('owes no keys and no contributions, and all the rest', async () => {
    const stage = (await closed()).started();
    expect(owed(stage, a)).toEqual(['contribute/1']);
    expect(owed(stage, x)).toEqual([]);
    stage.contributed(five, { keyed }).proposed(five);
    expect(owed(stage, x)).toEqual(['signSurvivors/1']);
    stage.signed(six).ready();
    expect(owed(stage, x)).toEqual(['reveal/1']);
    stage.revealed(six);
    expect(owed(stage, x)).toEqual(['openSum/1']);
    stage.applied(six, nextRound(3)).agreed(nextRound(3)).keysAsked(2, 1);
    for (const name of six) stage.say(name, { kind: 'sumKeys', firstSum: 2, keys: [key] });
    stage.started();
    expect(owed(stage, x)).toEqual(['contribute/2']);
  });

  test('reveals its shares of who has keys and is outside S, and nothing of itself', async () => {
    const stage = await asked();
    const { jobId } = stage.transcript();
    const journals = new Map(six.map((name) => [name as string, openJournal()]));
    for (const [name, journal] of journals) {
      journal.keepSecret(jobId, 'seal-key', stage.sealKeys.get(name)!.privateKey);
    }
    const secrets = (name: string) =>
      new JobSecrets(journals.get(name)!, stage.cast.signer(name), stage.transcript(name));
    const say = (name: string, posts: readonly PostBody[]) => {
      for (const post of posts) stage.say(name, post);
    };
    say(a, await secrets(a).shareJobKeys());
    for (const name of five) say(name, await secrets(name).issueSumKeys({ firstSum: 1, count: 1 }));
    const members = five.filter((name) => name !== e);
    stage
      .add(closing([x]))
      .started()
      .contributed(members, { keyed })
      .proposed(members)
      .signed(six)
      .ready();
    // Of four holders one is away and one has no keys: the secrets come out of what the others and it reveal.
    for (const name of [a, b, d, x]) {
      say(name, [await secrets(name).reveal(stage.transcript(name).currentSum!)]);
    }
    const silent = ['bank-c'] as ParticipantName[];
    stage.add({ kind: 'recoveryAsked', sum: 1, missing: silent });
    for (const name of [a, b, d, x]) {
      say(name, await secrets(name).recovery(stage.transcript(name).currentSum!, 'missing', silent));
    }
    for (const name of six) {
      const unmasking = await secrets(name).unmasking(stage.transcript(name).currentSum!);
      if ('doubted' in unmasking) throw new Error('not enough was revealed');
      expect([...unmasking.selfSeeds.keys()]).toEqual(members);
      expect([...unmasking.maskSecrets.keys()]).toEqual([e]);
      const own = Uint8Array.from(secrets(e).sumSecrets(1).reveal().maskSecret);
      expect(Buffer.from(unmasking.maskSecrets.get(e)!)).toEqual(Buffer.from(own));
    }
  }, 60_000);
});

const key = { maskKey: '1'.repeat(64), selfCommitment: '2'.repeat(64) as never };

describe('a coordinator that lies about mask keys (ADR 23)', () => {
  test('shows a victim others to mask with than the rest: its upload is refused by the rest, and theirs by it', async () => {
    // c = 1, Q = 3: bank-b masks with bank-a, which colludes, and with bank-c alone, whom S shall leave out.
    const four = six.slice(0, 4);
    const shown = async (without: string) => (await asked(four)).add(closing([without])).started();
    const own = keyedDigest(1, four.slice(0, 3));
    const victim = (await shown(d)).contributed([b], { keyed: own });
    expect(seen(victim, b)).toBe('accepted');
    const rest = await shown('bank-c');
    expect(seen(rest, d)).toBe('accepted');
    expect(seen(rest.contributed([b], { keyed: own }), d)).toBe('KEYS_MISMATCH');
    expect(seen(victim.contributed([a], { keyed: keyedDigest(1, [four[0]!, four[1]!, four[3]!]) }), b)).toBe(
      'KEYS_MISMATCH',
    );
    // Also where the others are told nothing of a batch that closed.
    const whole = (await asked(four)).started();
    expect(seen(whole.contributed([b], { keyed: own }), d)).toBe('KEYS_MISMATCH');
  });

  test('in no pair of views goes on with a contribution masked over others, or from outside them', async () => {
    const four = six.slice(0, 4);
    // Sums take three: everybody, or all but one.
    const views = [undefined, ...four];
    const stage = await asked(four);
    const begun = [...stage.bodies];
    for (const mine of views) {
      stage.bodies.splice(0, Infinity, ...begun);
      const shown = (mine ? stage.add(closing([mine])) : stage).started();
      const here = [...shown.bodies];
      for (const theirs of views) {
        const masked =
          theirs &&
          keyedDigest(
            1,
            four.filter((name) => name !== theirs),
          );
        for (const sender of four.slice(1)) {
          stage.bodies.splice(0, Infinity, ...here);
          const same = mine === theirs && sender !== mine;
          const outcome = seen(stage.contributed([sender], { keyed: masked }), a);
          expect([mine, theirs, sender, outcome]).toEqual([
            mine,
            theirs,
            sender,
            same ? 'accepted' : 'KEYS_MISMATCH',
          ]);
        }
      }
    }
  }, 120_000);

  test('goes on with colluders and a victim alone', async () => {
    const stage = await asked();
    expect(seen(stage.add(closing(six.slice(2))))).toBe('SURVIVORS_TOO_FEW');
    expect(seen((await asked()).add(closing(six.slice(3))))).toBe('SURVIVORS_TOO_FEW');
    expect(seen((await asked()).add(closing(six.slice(4))))).toBe('accepted');
  });

  test('puts somebody into S that has no keys', async () => {
    const stage = (await closed()).started().contributed(five, { keyed });
    expect(seen(stage)).toBe('accepted');
    expect(seen(stage.contributed([x], { keyed }))).toBe('KEYS_MISMATCH');
    const named = (await closed())
      .started()
      .contributed(five, { keyed })
      .proposed([...five.slice(1), x]);
    expect(seen(named)).toBe('SURVIVORS_MISMATCH');
  });

  const outOfPlace: readonly [string, (stage: Stage) => Stage][] = [
    ['closes a batch twice', (stage) => stage.add(closing([x]), closing([x]))],
    ['closes a batch twice, over others', (stage) => stage.add(closing([x]), closing([e]))],
    ['closes the first batch', (stage) => stage.add(closing([x], 0))],
    ['closes a batch that nobody asked for', (stage) => stage.add(closing([x], 2))],
    ['closes a batch whose sums run', (stage) => stage.started().add(closing([x]))],
    ['asks for more keys at once than the job says', (stage) => stage.keysAsked(2, 2)],
  ];

  test.each(outOfPlace)('%s', async (_, lie) => {
    expect(seen(lie(await asked()))).toBe('SUM_OUT_OF_ORDER');
  });

  test('leaves out somebody twice, or a stranger', async () => {
    expect(seen((await asked()).add(closing([x, x])))).toBe('KEYS_MISMATCH');
    expect(seen((await asked()).add(closing(['bank-z'])))).toBe('KEYS_MISMATCH');
  });

  test('shows keys or shares after a batch closed', async () => {
    const keys = { kind: 'sumKeys', firstSum: 1, keys: [key] } as const;
    const shares = { ...sealedShares, sum: 1 };
    expect(seen((await asked()).say(x, { ...keys, keys: [key] }))).toBe('accepted');
    expect(seen((await closed()).say(x, { ...keys, keys: [key] }))).toBe('MESSAGE_UNEXPECTED');
    expect(seen((await asked()).say(x, shares))).toBe('accepted');
    expect(seen((await closed()).say(x, shares))).toBe('MESSAGE_UNEXPECTED');
  });

  test('starts a sum with keys of who is not in it any more: they do not count', async () => {
    const stage = (await asked())
      .say(x, { kind: 'sumKeys', firstSum: 1, keys: [key] })
      .add(closing([x]))
      .started();
    const { summing, currentSum } = stage.transcript();
    expect(summing.sumKeyOf(x as ParticipantName, currentSum!)).toBeUndefined();
  });
});

const sealedShares: PostBody & { kind: 'sealed' } = {
  kind: 'sealed',
  to: a as ParticipantName,
  purpose: 'sum-shares',
  sum: 1,
  seq: 0,
  last: true,
  enc: new Uint8Array(32),
  ciphertext: new Uint8Array(48),
  signature: 'ab'.repeat(64),
};
