import { expect, test } from 'vitest';
import { type ParticipantName, type PostBody, type PostOf, quorumOf } from '../../../contract/index.js';
import { openSealed } from '../../../crypto/sealing/index.js';
import {
  decodeShares,
  reconstructMaskSecret,
  reconstructSelfSeed,
} from '../../../crypto/secure-sum/index.js';
import { JobSecrets } from '../../../participant/rounds/keys.js';
import { JobRunner } from '../../../participant/rounds/runner.js';
import { openJournal, Stage } from './stage.js';

const names = ['bank-a', 'bank-b', 'platform-x'];

async function openedShares(stage: Stage, post: PostOf<'sealed'>, jobId: string) {
  const bytes = await openSealed({
    privateKey: stage.sealKeys.get(post.to)!.privateKey,
    senderKey: stage.cast.signer('bank-a').publicKey,
    aad: {
      rosterDigest: stage.roster,
      session: `${jobId}/0`,
      sender: 'bank-a',
      receiver: post.to,
      purpose: 'sum-shares',
      seq: 0,
      last: true,
    },
    ...post,
  });
  return decodeShares(bytes, 2);
}

test('killed after dealing shares and before posting them: what is sent then fits the share kept for itself', async () => {
  const stage = await new Stage(names).joined();
  const journal = openJournal();
  const transcript = stage.transcript();
  const { jobId } = transcript;
  const secrets = () => new JobSecrets(journal, stage.cast.signer('bank-a'), transcript);
  await secrets().issueSumKeys({ firstSum: 0, count: 2 });
  const posts = await secrets().issueSumKeys({ firstSum: 0, count: 2 });
  const isSealed = (post: PostBody): post is PostOf<'sealed'> => post.kind === 'sealed';
  const sent = await Promise.all(posts.filter(isSealed).map((post) => openedShares(stage, post, jobId)));
  const own = decodeShares(journal.secret(jobId, 'own-shares/0')!.reveal(), 2);
  const { keys } = posts.find((post): post is PostOf<'sumKeys'> => post.kind === 'sumKeys')!;
  const threshold = quorumOf(3, 1);
  for (const [sum, key] of keys.entries()) {
    const held = [own, ...sent].map((shares) => shares[sum]!);
    const of = { name: 'bank-a', ...key };
    await reconstructMaskSecret(
      of,
      held.map(({ mask }) => mask),
      threshold,
    );
    await reconstructSelfSeed(
      of,
      held.map(({ self }) => self),
      threshold,
    );
  }
  expect(keys).toHaveLength(2);
});

/** A participant whose first duty fails; gives what it posted, and its journal. */
async function failing(error: Error) {
  const stage = new Stage(names);
  const journal = openJournal();
  const { jobId } = stage.transcript();
  const posted: PostBody[] = [];
  journal.keepJob(jobId, 'running');
  await new Promise<void>((left) => {
    const runner = new JobRunner({
      jobId,
      me: 'bank-a' as ParticipantName,
      signer: stage.cast.signer('bank-a'),
      journal,
      pinned: stage.cast.pinned,
      perform: async () => {
        throw error;
      },
      deliver: async (_, posts) => {
        posted.push(...posts.map(({ body }) => body));
        left();
      },
      ended: () => {},
    });
    runner.take({ index: 0, atMs: 1, body: stage.bodies[0]! });
  });
  return { posted, job: journal.job(jobId)! };
}

test('an unforeseen error tells others nothing but itself; the text stays in the own journal', async () => {
  const { posted, job } = await failing(new Error('row 17 holds Müller'));
  expect(posted).toMatchObject([{ kind: 'abort', code: 'INTERNAL' }]);
  expect(JSON.stringify(posted)).not.toContain('Müller');
  expect(job).toMatchObject({ state: 'left', code: 'INTERNAL', detail: expect.stringContaining('Müller') });
});

test('a text cut in the middle of a surrogate pair is still signed and said', async () => {
  const { CodedError } = await import('../../../contract/index.js');
  const { posted } = await failing(new CodedError('MESSAGE_UNEXPECTED', `${'x'.repeat(499)}😀`));
  expect(posted).toMatchObject([{ kind: 'abort', detail: `${'x'.repeat(499)}\ufffd` }]);
});

test('killed between leaving a job and wiping its secrets: they are wiped at the next start', async () => {
  const stage = new Stage(names);
  const journal = openJournal();
  const { jobId } = stage.transcript();
  journal.keepJob(jobId, 'left', 'SUM_MAC_MISMATCH', 'the sum fails');
  journal.keepSecret(
    jobId,
    'sum/0',
    (await import('../../../crypto/secure-sum/index.js')).SumSecrets.draw().packed,
  );
  new JobRunner({
    jobId,
    me: 'bank-a' as ParticipantName,
    signer: stage.cast.signer('bank-a'),
    journal,
    pinned: stage.cast.pinned,
    perform: async () => [],
    deliver: async () => {},
    ended: () => {},
  });
  expect(journal.secret(jobId, 'sum/0')).toBeUndefined();
});
