import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  type HexDigest,
  type JobId,
  type ParticipantName,
  type PostBody,
  type PostOf,
  Secret,
} from '../../../contract/index.js';
import {
  openReveal,
  reconstructMaskSecret,
  reconstructSelfSeed,
  type SumSecrets,
  type SumShare,
  sealReveal,
} from '../../../crypto/secure-sum/index.js';
import { Journal } from '../../../participant/journal/index.js';
import { JobSecrets } from '../../../participant/rounds/keys.js';
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
  for (const name of five) say(name, await secrets(name).issueSumKeys(0, 1));
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

test('everybody rebuilds the same: b_i of each member, the mask secret of who is outside, nothing else', async () => {
  const { stage, secrets } = await closedRound();
  for (const me of five) {
    const sum = stage.transcript(me).currentSum!;
    const { selfSeeds, maskSecrets } = (await secrets(me).unmasking(sum))!;
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

test('over all reveals of a run both kinds of shares of one participant never leave: the other secret stays closed', async () => {
  const { stage, secrets } = await closedRound();
  const transcript = stage.transcript();
  const sum = transcript.currentSum!;
  const { reveal: key } = await secrets('bank-a').jobKeys();
  const { names, digest: rosterDigest } = transcript.fixedRoster;
  const posts = stage.bodies.flatMap((body) =>
    body.kind === 'posted' && body.post.body.kind === 'reveal' ? [body.post] : [],
  );
  expect(posts).toHaveLength(five.length);
  const survivors = { owners: names, ...sum.survivors! };
  const shares = posts.map(({ sender, body }) => {
    const place = { key, rosterDigest, sumId: sum.idIn(transcript), sender };
    return openReveal(place, survivors, (body as PostOf<'reveal'>).ciphertext);
  });
  for (const name of five) {
    const owner = { name, ...transcript.summing.sumKeyOf(name as ParticipantName, 0)! };
    const of = shares.map((from) => from.get(name)!);
    const self = reconstructSelfSeed(owner, of, 4).then(
      () => 'opened',
      () => 'closed',
    );
    const mask = reconstructMaskSecret(owner, of, 4).then(
      () => 'opened',
      () => 'closed',
    );
    expect([await self, await mask]).toEqual(name === away ? ['closed', 'opened'] : ['opened', 'closed']);
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

/** What somebody rebuilds from some reveals, one or more of them changed; the sum itself is shared by all tests. */
async function rebuiltFrom(reveals: ReadonlyMap<string, Uint8Array>, change: Partial<SumView> = {}) {
  const { stage, secrets } = await closedRound();
  const sum = stage.transcript('bank-d').currentSum!;
  const bodies = [...reveals].map(
    ([name, ciphertext]) => [name as ParticipantName, { kind: 'reveal', sum: sum.sum, ciphertext }] as const,
  );
  const seen = Object.assign(Object.create(sum), { reveals: new Map(bodies), ...change }) as SumView;
  return secrets('bank-d').unmasking(seen);
}

/** Ciphertexts of all reveals, those of the named ones with a wrong share of bank-c's secret in them. */
async function revealsWithLies(...liars: readonly string[]) {
  const { stage, secrets } = await closedRound();
  const transcript = stage.transcript('bank-d');
  const sum = transcript.currentSum!;
  const { reveal: key } = await secrets('bank-d').jobKeys();
  const { names, digest: rosterDigest } = transcript.fixedRoster;
  const survivors = { owners: names, ...sum.survivors! };
  const all = new Map<string, Uint8Array>();
  for (const [sender, { ciphertext }] of sum.reveals) {
    if (!liars.includes(sender)) {
      all.set(sender, ciphertext);
      continue;
    }
    const place = { key, rosterDigest, sumId: sum.idIn(transcript), sender };
    const held = new Map<string, SumShare>();
    for (const [owner, share] of openReveal(place, survivors, ciphertext)) {
      if (owner === 'bank-c') share[3]! ^= 1;
      held.set(owner, { self: share, mask: share });
    }
    all.set(sender, sealReveal(place, survivors, held));
  }
  return all;
}

test.each(five)(
  'a wrong share in the reveal of %s stops nobody while four others are right',
  async (liar) => {
    const { secrets } = await closedRound();
    const unmasking = await rebuiltFrom(await revealsWithLies(liar));
    expect([...unmasking!.selfSeeds.keys()]).toEqual(four);
    for (const name of four) {
      const { selfSeed } = packed(secrets(name).sumSecrets(0));
      expect(Buffer.from(unmasking!.selfSeeds.get(name)!)).toEqual(Buffer.from(selfSeed));
    }
  },
  60_000,
);

test('so does a reveal that opens nowhere', async () => {
  const reveals = await revealsWithLies();
  reveals.set('bank-b', reveals.get('bank-a')!);
  const unmasking = await rebuiltFrom(reveals);
  expect([...unmasking!.maskSecrets.keys()]).toEqual([away]);
}, 60_000);

test('with a wrong one among four, or two among five, more reveals are waited for, then nobody is blamed', async () => {
  const four = await revealsWithLies('bank-a');
  four.delete('platform-x');
  expect(await rebuiltFrom(four)).toBeUndefined();
  const outcome = async (reveals: Map<string, Uint8Array>, change: Partial<SumView> = {}) =>
    rebuiltFrom(reveals, change).then(
      () => 'opened',
      (error) => [error.code, error.parties],
    );
  expect(await outcome(await revealsWithLies('bank-a', 'bank-b'))).toEqual(['COMMITMENT_MISMATCH', []]);
  // The others agreed already: nobody will reveal any more.
  const agreed = {} as SumView['agreed'] & object;
  expect(await outcome(four, { agreed })).toEqual(['COMMITMENT_MISMATCH', []]);
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
