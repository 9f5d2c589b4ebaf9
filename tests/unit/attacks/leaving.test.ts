import { expect, test } from 'vitest';
import { CodedError, type ParticipantName, type PostBody, specDigest } from '../../../contract/index.js';
import { JobRunner } from '../../../participant/rounds/runner.js';
import { openJournal, Stage } from './stage.js';

test('what is under way when a participant leaves a job is stopped, and nothing of it is said any more', async () => {
  const stage = new Stage(['bank-a', 'bank-b', 'platform-x']);
  const journal = openJournal();
  const { jobId } = stage.transcript();
  const posted: PostBody[] = [];
  let begun: () => void;
  const atWork = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const stopped: boolean[] = [];
  journal.keepJob(jobId, 'running');
  const runner = new JobRunner({
    jobId,
    me: 'bank-a' as ParticipantName,
    signer: stage.cast.signer('bank-a'),
    journal,
    pinned: stage.cast.pinned,
    perform: async (_, __, signal) => {
      begun();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stopped.push(true);
      const answer = { approved: true, code: '', detail: '' };
      return [{ kind: 'consent', specDigest: specDigest(stage.spec), ...answer }];
    },
    deliver: async (_, posts) => {
      posted.push(...posts.map(({ body }) => body));
    },
    ended: () => {},
  });
  runner.take({ index: 0, atMs: 1, body: stage.bodies[0]! });
  await atWork;
  runner.refuse(new CodedError('MESSAGE_MALFORMED', 'no event at all'));
  await runner.close();
  expect(stopped).toEqual([true]);
  expect(posted.map(({ kind }) => kind)).toEqual(['abort']);
  expect(journal.said(jobId, 'consent')).toBeUndefined();
});
