import { expect, onTestFinished, test } from 'vitest';
import { jobIdOfSpec, type Post } from '../../../contract/index.js';
import { JobRunner } from '../../../participant/rounds/runner.js';
import { eventsOf } from '../../support/cast.js';
import { openJournal, remember, Stage } from '../attacks/stage.js';

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const me = 'platform-x';

/** A participant whose journal remembers the first posts of its own that a transcript shows, and not those after them. */
async function shown(remembered: number, change: (stage: Stage) => void = () => {}) {
  const stage = await new Stage(five, { warmStart: { job: `job-${'0'.repeat(32)}` } }).joined();
  stage.started().contributed(five).proposed(five).signed(five);
  change(stage);
  const journal = openJournal();
  const jobId = jobIdOfSpec(stage.spec);
  journal.keepJob(jobId, 'running');
  const said: Post[] = [];
  const left: (string | undefined)[] = [];
  const runner = new JobRunner({
    ...{ jobId, me: me as never, signer: stage.cast.signer(me), journal, pinned: stage.cast.pinned },
    deliver: async (_, posts) => void said.push(...posts),
    perform: async () => [],
    ended: (_, error) => left.push(error?.code),
  });
  onTestFinished(() => runner.close());
  const events = eventsOf(stage.bodies);
  const own = events.filter(({ body }) => body.kind === 'posted' && body.post.sender === me);
  for (const event of own.slice(0, remembered)) remember(journal, jobId, me, event);
  for (const event of events) runner.take(event);
  await new Promise((resolve) => setImmediate(resolve));
  return { said, left, journal, jobId, own: own.length };
}

test('a journal that holds all that it signed goes on', async () => {
  expect((await shown(1000)).left).toEqual([]);
});

test('a journal without its latest post leaves the job, says so, and says nothing else again', async () => {
  const { own } = await shown(1000);
  for (const kept of [0, 1, own - 1]) {
    const { left, said, journal, jobId } = await shown(kept);
    expect(left).toEqual(['JOURNAL_BEHIND']);
    expect(said.map(({ body }) => body)).toMatchObject([
      { kind: 'abort', code: 'JOURNAL_BEHIND', party: me },
    ]);
    expect(journal.job(jobId)).toMatchObject({ state: 'left', code: 'JOURNAL_BEHIND', concluded: true });
  }
});

test('what others sign in its name is no sign of a lost journal', async () => {
  const { left } = await shown(1000, (stage) => {
    const foreign = stage.cast.post(
      stage.spec,
      'bank-a',
      { kind: 'reveal', sum: 0, ciphertext: new Uint8Array(16) },
      stage.roster,
    );
    stage.add({ kind: 'posted', post: { ...foreign, sender: me as never } });
  });
  expect(left).toEqual(['SIGNATURE_INVALID']);
});
