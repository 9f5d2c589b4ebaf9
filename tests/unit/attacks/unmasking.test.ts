import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  type HexDigest,
  type JobId,
  type ParticipantName,
  type PostBody,
  Secret,
} from '../../../contract/index.js';
import {
  openRecovery,
  openReveal,
  reconstructMaskSecret,
  reconstructSelfSeed,
  type SumSecrets,
  sealRecovery,
  sealReveal,
} from '../../../crypto/secure-sum/index.js';
import { Journal } from '../../../participant/journal/index.js';
import { JobSecrets, type Unmasking } from '../../../participant/rounds/keys.js';
import { Duties, type DutyParts } from '../../../participant/rounds/perform.js';
import type { SumView } from '../../../participant/rounds/sum-view.js';
import { digestOfUpload, Stage } from './stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const four = five.slice(0, 4);
const away = 'platform-x';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-unmasking-'));
const opened: Journal[] = [];
afterAll(() => {
  for (const journal of opened) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A journal that outlives the test that made it. */
function kept(name: string): Journal {
  const journal = new Journal(join(folder, `${name}.sqlite`), new Secret(new Uint8Array(32).fill(7)));
  opened.push(journal);
  return journal;
}

let shared: ReturnType<typeof closeRound> | undefined;
/** One round for all tests: none of them changes what another one reads. */
function closedRound() {
  shared ??= closeRound();
  return shared;
}

/** Five participants with real keys whose round is closed over four of them; all posts as the coordinator has them. */
async function closeRound() {
  const warmStart = { job: `job-${'0'.repeat(32)}` };
  const stage = await new Stage(five, { warmStart }).joined();
  const journals = new Map<string, Journal>(five.map((name) => [name, kept(name)]));
  const { jobId } = stage.transcript();
  for (const name of five) {
    journals.get(name)!.keepSecret(jobId, 'seal-key', stage.sealKeys.get(name)!.privateKey);
  }
  const secrets = (name: string) =>
    new JobSecrets(journals.get(name)!, stage.cast.signer(name), stage.transcript(name));
  const say = (name: string, posts: readonly PostBody[]) => {
    for (const post of posts) stage.say(name, post);
  };
  say(five[0]!, await secrets(five[0]!).shareJobKeys());
  stage.add({ kind: 'sumKeysRequested', firstSum: 0, count: 1, deadlineMs: 1 });
  for (const name of five) say(name, await secrets(name).issueSumKeys({ firstSum: 0, count: 1 }));
  stage.started().contributed(four).proposed(four).signed(five).ready();
  for (const name of five) {
    const sum = stage.transcript(name).currentSum!;
    say(name, [await secrets(name).reveal(sum)]);
  }
  return { stage, secrets, journals, jobId };
}

function packed(secrets: SumSecrets) {
  const { maskSecret, selfSeed } = secrets.reveal();
  return { maskSecret: Uint8Array.from(maskSecret), selfSeed: Uint8Array.from(selfSeed) };
}

function whole(unmasking: Awaited<ReturnType<JobSecrets['unmasking']>>): Unmasking {
  if ('doubted' in unmasking) throw new Error(`not enough: ${unmasking.doubted.join()} are doubted`);
  return unmasking;
}

test('everybody rebuilds the same: b_i of each member, the mask secret of who is outside, nothing else', async () => {
  const { stage, secrets } = await closedRound();
  for (const me of five) {
    const sum = stage.transcript(me).currentSum!;
    const { selfSeeds, maskSecrets } = whole(await secrets(me).unmasking(sum));
    expect([...selfSeeds.keys()]).toEqual(four);
    expect([...maskSecrets.keys()]).toEqual([away]);
    for (const name of four) {
      expect(Buffer.from(selfSeeds.get(name)!)).toEqual(
        Buffer.from(packed(secrets(name).sumSecrets(0)).selfSeed),
      );
    }
    expect(Buffer.from(maskSecrets.get(away)!)).toEqual(
      Buffer.from(packed(secrets(away).sumSecrets(0)).maskSecret),
    );
  }
}, 60_000);

test('over all that leaves in a run nothing of both kinds of one participant does: the other secret stays closed', async () => {
  const { stage, secrets } = await closedRound();
  const transcript = stage.transcript();
  const sum = transcript.currentSum!;
  const { reveal: key } = await secrets('bank-a').jobKeys();
  const { names, digest: rosterDigest } = transcript.fixedRoster;
  const survivors = { owners: names, ...sum.survivors! };
  const placeOf = (sender: string) => ({ key, rosterDigest, sumId: sum.idIn(transcript), sender });
  const left = await Promise.all(
    five.map(async (sender) => {
      const { ciphertext } = await secrets(sender).reveal(sum);
      // Asked for everything there is, also of whom it must not say anything.
      const asked = secrets(sender).recovery(sum, 'missing', five as ParticipantName[]);
      expect(await asked.catch(({ code }) => code)).toBe('INTERNAL');
      const [recovery] = await secrets(sender).recovery(sum, 'missing', four as ParticipantName[]);
      const { members, ciphertext: shares } = recovery!;
      return {
        ...openReveal(placeOf(sender), survivors, ciphertext),
        selfShares: openRecovery(placeOf(sender), 'missing', survivors, members, shares),
      };
    }),
  );
  const outcome = (opening: Promise<unknown>) =>
    opening.then(
      () => 'opened',
      () => 'closed',
    );
  for (const name of five) {
    const owner = { name, ...transcript.summing.sumKeyOf(name as ParticipantName, sum)! };
    const of = (shares: 'selfShares' | 'maskShares') => left.flatMap((from) => from[shares].get(name) ?? []);
    const self = await outcome(reconstructSelfSeed(owner, of('selfShares'), 4));
    const mask = await outcome(reconstructMaskSecret(owner, of('maskShares'), 4));
    expect([self, mask]).toEqual(name === away ? ['closed', 'opened'] : ['opened', 'closed']);
    const counts = [of('selfShares').length, of('maskShares').length];
    expect(counts).toEqual(name === away ? [0, five.length] : [five.length, 0]);
    expect(left[five.indexOf(name)]!.seed === undefined).toBe(name === away);
  }
}, 60_000);

test('a reveal that is asked for again is the same, byte for byte', async () => {
  const { stage, secrets } = await closedRound();
  const sum = stage.transcript('bank-b').currentSum!;
  const said = sum.reveals.get('bank-b' as ParticipantName);
  expect(Buffer.from((await secrets('bank-b').reveal(sum)).ciphertext)).toEqual(
    Buffer.from(said!.ciphertext),
  );
}, 60_000);

type Said = Partial<Pick<SumView, 'agreed' | 'missing'>>;
/** Ciphertexts by sender. */
type Sent = ReadonlyMap<string, Uint8Array>;

/** What bank-d rebuilds from some posts, a few of them changed; the sum itself is shared by all tests. */
async function rebuiltFrom(
  { reveals, missing = new Map(), doubted = new Map() }: { reveals: Sent; missing?: Sent; doubted?: Sent },
  change: Said = {},
) {
  const { stage, secrets } = await closedRound();
  const sum = stage.transcript('bank-d').currentSum!;
  const bodies = [...reveals].map(
    ([name, ciphertext]) => [name as ParticipantName, { kind: 'reveal', sum: sum.sum, ciphertext }] as const,
  );
  const recoveries = (cause: 'missing' | 'doubted', sent: Sent) =>
    new Map(
      [...sent].map(([name, ciphertext]) => {
        const body = { kind: 'recovery', sum: sum.sum, cause, members: [lost], ciphertext } as const;
        return [name as ParticipantName, body];
      }),
    );
  const seen = Object.assign(Object.create(sum), {
    reveals: new Map(bodies),
    recoveries: { missing: recoveries('missing', missing), doubted: recoveries('doubted', doubted) },
    ...change,
  }) as SumView;
  return secrets('bank-d').unmasking(seen);
}

const lost = 'bank-c' as ParticipantName;

/** Another byte for each: two errors in one byte cancel for one choice of points in 255, and what is put together is right. */
function wrongByte(liars: readonly string[], sender: string): number {
  return 3 + liars.indexOf(sender);
}

/** Reveals of all, those of the named ones with another bit in what `where` says. */
async function revealsWithLies(where: 'seed' | 'shares', ...liars: readonly string[]) {
  const { stage, secrets } = await closedRound();
  const transcript = stage.transcript('bank-d');
  const sum = transcript.currentSum!;
  const { reveal: key } = await secrets('bank-d').jobKeys();
  const { names, digest: rosterDigest } = transcript.fixedRoster;
  const survivors = { owners: names, ...sum.survivors! };
  const all = new Map<string, Uint8Array>();
  for (const [sender, { ciphertext }] of sum.reveals) {
    const place = { key, rosterDigest, sumId: sum.idIn(transcript), sender };
    const { seed = new Uint8Array(48), maskShares } = openReveal(place, survivors, ciphertext);
    if (liars.includes(sender)) {
      const lie = where === 'seed' ? seed : maskShares.get(away)!;
      lie[wrongByte(liars, sender)]! ^= 1;
    }
    all.set(
      sender,
      sealReveal(place, survivors, seed, (owner) => maskShares.get(owner)),
    );
  }
  return all;
}

/** What those named say when they are asked for their shares of bank-c's seed, the liars among them falsely. */
async function recoveriesOf(cause: 'missing' | 'doubted', from: readonly string[], ...liars: string[]) {
  const { stage, secrets } = await closedRound();
  const transcript = stage.transcript('bank-d');
  const sum = transcript.currentSum!;
  const { reveal: key } = await secrets('bank-d').jobKeys();
  const { names, digest: rosterDigest } = transcript.fixedRoster;
  const survivors = { owners: names, ...sum.survivors! };
  const all = new Map<string, Uint8Array>();
  for (const sender of from) {
    const place = { key, rosterDigest, sumId: sum.idIn(transcript), sender };
    const [said] = await secrets(sender).recovery(sum, cause, [lost]);
    const shares = openRecovery(place, cause, survivors, [lost], said!.ciphertext);
    if (liars.includes(sender)) shares.get(lost)![wrongByte(liars, sender)]! ^= 1;
    all.set(
      sender,
      sealRecovery(place, cause, survivors, [lost], (owner) => shares.get(owner)),
    );
  }
  return all;
}

async function expectWhole(rebuilt: ReturnType<typeof rebuiltFrom>): Promise<void> {
  const { secrets } = await closedRound();
  const { selfSeeds, maskSecrets } = whole(await rebuilt);
  expect([...selfSeeds.keys()]).toEqual(four);
  for (const name of four) {
    const { selfSeed } = packed(secrets(name).sumSecrets(0));
    expect(Buffer.from(selfSeeds.get(name)!)).toEqual(Buffer.from(selfSeed));
  }
  const { maskSecret } = packed(secrets(away).sumSecrets(0));
  expect(Buffer.from(maskSecrets.get(away)!)).toEqual(Buffer.from(maskSecret));
}

test.each(five)(
  'a wrong share of a mask secret in the reveal of %s stops nobody while four others are right',
  async (liar) => {
    await expectWhole(rebuiltFrom({ reveals: await revealsWithLies('shares', liar) }));
  },
  60_000,
);

test('a member that vanished after its upload is opened by shares of any four, a wrong one among five or not', async () => {
  const reveals = await revealsWithLies('seed');
  reveals.delete(lost);
  const change = { missing: [lost] };
  const others = five.filter((name) => name !== lost);
  await expectWhole(rebuiltFrom({ reveals, missing: await recoveriesOf('missing', others) }, change));
  const missing = await recoveriesOf('missing', five, 'bank-a');
  await expectWhole(rebuiltFrom({ reveals, missing }, change));
  // Three of four, or a wrong one among four, are not enough; nobody is doubted, more are waited for.
  const few = await recoveriesOf('missing', others.slice(1));
  expect(await rebuiltFrom({ reveals, missing: few }, change)).toEqual({ doubted: [] });
  const wrong = await recoveriesOf('missing', others, 'bank-a');
  expect(await rebuiltFrom({ reveals, missing: wrong }, change)).toEqual({ doubted: [] });
}, 60_000);

test.each([
  ['is not what was committed to', () => revealsWithLies('seed', lost)],
  [
    'opens nowhere',
    async () => {
      const reveals = await revealsWithLies('seed');
      return reveals.set(lost, new Uint8Array(reveals.get(lost)!.length));
    },
  ],
])(
  'a member whose seed %s is doubted by everybody, and shares of four others open it',
  async (_, made) => {
    const reveals = await made();
    expect(await rebuiltFrom({ reveals })).toEqual({ doubted: [lost] });
    const others = five.filter((name) => name !== lost);
    const doubted = await recoveriesOf('doubted', others);
    await expectWhole(rebuiltFrom({ reveals, doubted }));
  },
  60_000,
);

test('with a wrong share among four, or two among five, more is waited for, then nobody is blamed', async () => {
  const reveals = await revealsWithLies('shares', 'bank-a');
  reveals.delete('platform-x');
  expect(await rebuiltFrom({ reveals })).toEqual({ doubted: [] });
  const outcome = async (of: Sent, change: Said = {}) =>
    rebuiltFrom({ reveals: of }, change).then(
      () => 'opened',
      (error) => [error.code, error.parties],
    );
  const lies = await revealsWithLies('shares', 'bank-a', 'bank-b');
  expect(await outcome(lies)).toEqual(['COMMITMENT_MISMATCH', []]);
  // The others agreed already: nobody will reveal any more.
  const agreed = {} as SumView['agreed'] & object;
  expect(await outcome(reveals, { agreed })).toEqual(['COMMITMENT_MISMATCH', []]);
}, 60_000);

test('of a doubted seed the shares of all others are waited for; when they are too few its owner is named at once', async () => {
  const reveals = await revealsWithLies('seed', lost);
  const outcome = async (
    cause: 'missing' | 'doubted',
    sent: Sent,
    missing: readonly ParticipantName[] = [],
  ) =>
    rebuiltFrom({ reveals, [cause]: sent }, { missing }).then(
      (rebuilt) => ('doubted' in rebuilt ? rebuilt.doubted : 'opened'),
      (error) => [error.code, error.parties],
    );
  const others = five.filter((name) => name !== lost);
  const named = ['COMMITMENT_MISMATCH', [lost]];
  // What the liar says of its own seed is not waited for, and another one's wrong share accuses nobody but it.
  expect(await outcome('doubted', await recoveriesOf('doubted', others.slice(1)))).toEqual([]);
  expect(await outcome('doubted', await recoveriesOf('doubted', others, 'bank-a'))).toEqual(named);
  expect(await outcome('doubted', await recoveriesOf('doubted', five, 'bank-a', 'bank-b'))).toEqual(named);
  expect(await outcome('doubted', await recoveriesOf('doubted', others))).toBe('opened');
  // Also when it said something wrong after the others were asked for their shares.
  const asked = [lost];
  expect(await outcome('missing', await recoveriesOf('missing', others, 'bank-a'), asked)).toEqual(named);
  expect(await outcome('missing', await recoveriesOf('missing', others.slice(1)), asked)).toEqual([]);
}, 60_000);

/** Duties over a participant's journal, with the rows of its contribution known. */
async function dutiesIn(round: Awaited<ReturnType<typeof closedRound>>, me: string) {
  const { stage, journals, jobId } = round;
  const journal = journals.get(me)!;
  const digest = digestOfUpload(me, 0);
  journal.keepSecret(jobId, `population/${digest}`, new Secret(Buffer.from(population, 'hex')));
  const duties = new Duties({ journal, signer: stage.cast.signer(me) } as unknown as DutyParts);
  const transcript = stage.transcript(me);
  const reveal = () =>
    duties.perform({ kind: 'reveal', sum: transcript.currentSum! }, transcript, new AbortController().signal);
  return { journal, reveal };
}
const population = '5'.repeat(64) as HexDigest;

test('the ledger holds a sum for the participants that were in it; who was outside has shown nothing', async () => {
  const round = await closedRound();
  const inside = await dutiesIn(round, 'bank-b');
  expect(await inside.reveal()).toMatchObject([{ kind: 'reveal', sum: 0 }]);
  expect(inside.journal.statistics.of(population)).toMatchObject([
    { jobId: round.jobId, sum: 0, members: four },
  ]);
  const outside = await dutiesIn(round, away);
  expect(await outside.reveal()).toMatchObject([{ kind: 'reveal', sum: 0 }]);
  expect(outside.journal.statistics.of(population)).toEqual([]);
}, 60_000);

test('a warm start whose first sum lost one of those that measured the same model before is not revealed', async () => {
  const round = await closedRound();
  const { journal, reveal } = await dutiesIn(round, 'bank-c');
  const earlier = { jobId: `job-${'1'.repeat(32)}` as JobId, sum: 0, purpose: 'magnitudes' } as const;
  journal.statistics.keep({ ...earlier, population, members: five, colluders: 1 });
  await expect(reveal()).rejects.toMatchObject({ code: 'STATISTICS_DIFFERENCING' });
  expect(journal.statistics.of(population)).toHaveLength(1);
}, 60_000);
