import { expect, test } from 'vitest';
import {
  type JobEvent,
  jobIdOfSpec,
  ownRelease,
  type Post,
  specDigest,
  specJson,
} from '../../../contract/index.js';
import { JobRunner } from '../../../participant/rounds/runner.js';
import { Cast, specFor } from '../../support/cast.js';
import { openJournal } from '../attacks/stage.js';

const cast = new Cast(['bank-a', 'bank-b', 'bank-c']);
const spec = specFor(cast.names);
const jobId = jobIdOfSpec(spec);

function runnerOn(journal: ReturnType<typeof openJournal>) {
  const said: Post[] = [];
  const left: (string | undefined)[] = [];
  const runner = new JobRunner({
    jobId,
    me: cast.names[0]!,
    signer: cast.signer('bank-a'),
    journal,
    pinned: cast.pinned,
    deliver: async (_, posts) => void said.push(...posts),
    perform: async () => [],
    ended: (_, error) => left.push(error?.code),
  });
  return { runner, said, left };
}

function submitted(change: object): JobEvent {
  const body = {
    kind: 'submitted' as const,
    specJson: specJson(spec),
    specDigest: specDigest(spec),
    submitter: 'ana',
    organisation: 'Bank A',
    deadlineMs: 2 ** 40,
  };
  return { index: 0, atMs: 1, body: { ...body, ...change } };
}

test.each([
  ['names a later version', { needs: '0.99' }, 'VERSION_UNSUPPORTED'],
  ['names another major version', { needs: '1.0', specJson: '{"unheard":1}' }, 'VERSION_UNSUPPORTED'],
  ['has a spec that cannot be read', { needs: ownRelease, specJson: '{"unheard":1}' }, 'SPEC_INVALID'],
])('a job that %s is refused aloud, once', (_, change, code) => {
  const journal = openJournal();
  const { runner, said, left } = runnerOn(journal);
  runner.take(submitted(change));
  runner.take({ index: 1, atMs: 2, body: { kind: 'consented', deadlineMs: 5 } });
  expect(left).toEqual([code]);
  expect(said.map(({ sender, body }) => [sender, body.kind, 'code' in body && body.code])).toEqual([
    ['bank-a', 'abort', code],
  ]);
  expect(journal.job(jobId)).toMatchObject({ state: 'left', code, concluded: true });
});

test.each([undefined, '0.1', ownRelease])('a job that needs %s is taken', (needs) => {
  const { runner, left } = runnerOn(openJournal());
  runner.take(submitted({ needs }));
  expect(left).toEqual([]);
  expect(runner.transcript.spec).toEqual(spec);
});

test('a job that an older version began in words that are gone is left, and the participant starts', () => {
  const journal = openJournal();
  journal.keepJob(jobId, 'running');
  journal.keepEvent(jobId, submitted({}));
  const gone = { kind: 'sealed', to: 'bank-b', purpose: 'reveal', sum: 0, enc: new Uint8Array(32) };
  const body = { ...gone, ciphertext: new Uint8Array(9), signature: '0'.repeat(128) };
  const frame = { sender: 'bank-c', rosterDigest: '0'.repeat(64), signature: '0'.repeat(128) };
  journal.keepEvent(jobId, {
    index: 1,
    atMs: 2,
    body: { kind: 'posted', post: { ...frame, body } },
  } as never);
  const { runner, left, said } = runnerOn(journal);
  expect(left).toEqual(['VERSION_UNSUPPORTED']);
  expect(said.map(({ body }) => body)).toMatchObject([{ kind: 'abort', code: 'VERSION_UNSUPPORTED' }]);
  expect(runner.concluded).toBe(true);
  expect(journal.job(jobId)).toMatchObject({ state: 'left', code: 'VERSION_UNSUPPORTED' });
});
