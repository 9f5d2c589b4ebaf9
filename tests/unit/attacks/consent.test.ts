import { describe, expect, test } from 'vitest';
import { CodedError, type HexDigest, type JobId, type PostOf } from '../../../contract/index.js';
import type { PolicyDecision } from '../../../participant/policy/index.js';
import { Duties, type DutyParts } from '../../../participant/rounds/perform.js';
import { openJournal, Stage } from './stage.js';

const population = 'ab'.repeat(32) as HexDigest;
const approve: PolicyDecision = { kind: 'approve', rule: 'open' };
const ask: PolicyDecision = { kind: 'ask', rule: 'open' };
const refuse: PolicyDecision = {
  kind: 'refuse',
  code: 'POLICY_FEATURE',
  detail: 'withheld: Age',
  field: 'features',
};

/** A participant that is asked for its consent; `judge` is its policy and `read` its dataset. */
function asked(stage: Stage, judge: (rows: number) => PolicyDecision, read: () => unknown = rows) {
  const journal = openJournal();
  const parts = {
    me: { name: 'bank-a', organisation: 'bank-a Ltd', party: 'bank' },
    journal,
    work: { run: async () => read() },
    datasetFolder: '',
    jobsFolder: '',
    approvalPollMs: 5,
    judge: async (_: unknown, count: number) => judge(count),
  } as unknown as DutyParts;
  const transcript = stage.transcript();
  const answer = async () => {
    const [post] = await new Duties(parts).perform(
      { kind: 'consent' },
      transcript,
      new AbortController().signal,
    );
    return post as PostOf<'consent'>;
  };
  return { journal, answer, jobId: transcript.jobId };
}

const rows = () => ({ rows: 100, population, backend: 'wasm' });
const names = ['bank-a', 'bank-b', 'platform-x'];

describe('a job that the policy refuses', () => {
  test('has no row read for it, so its answer says nothing about the data', async () => {
    let reads = 0;
    const { answer } = asked(
      new Stage(names),
      () => refuse,
      () => {
        reads++;
        throw new CodedError('DATASET_COLUMN_MISSING', 'dataset loans does not fit: Age');
      },
    );
    expect(await answer()).toMatchObject({ approved: false, code: 'POLICY_FEATURE' });
    expect(reads).toBe(0);
  });

  test('while a person thought about it is not approved by that person', async () => {
    let policy: PolicyDecision = ask;
    const { answer, journal, jobId } = asked(new Stage(names), () => policy);
    const answered = answer();
    while (journal.approval(jobId) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    policy = refuse;
    journal.answer(jobId, 'approved', '');
    expect(await answered).toMatchObject({ approved: false, code: 'POLICY_FEATURE' });
  });

  test('is approved by a person while the policy still asks one', async () => {
    const { answer, journal, jobId } = asked(new Stage(names), () => ask);
    const answered = answer();
    while (journal.approval(jobId) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    journal.answer(jobId, 'approved', '');
    expect(await answered).toMatchObject({ approved: true });
  });
});

test('an error nobody foresaw is no answer: its text does not travel', async () => {
  const { answer } = asked(
    new Stage(names),
    () => approve,
    () => {
      throw new Error('row 17 holds Müller');
    },
  );
  await expect(answer()).rejects.toThrow('Müller');
});

describe('differencing: statistics of the same rows for one participant fewer', () => {
  const earlier = 'job-00000000000000000000000000000001' as JobId;
  const statistics = { population, jobId: earlier, sum: 0, purpose: 'magnitudes', colluders: 1 } as const;

  test.each([
    ['from the start', {}],
    [
      'from the model of the earlier job, whose scores it measured on the rows of all',
      { warmStart: { job: earlier } },
    ],
  ])('are refused %s', async (_, fields) => {
    const { answer, journal } = asked(new Stage(names, fields), () => approve);
    journal.statistics.keep({ ...statistics, members: [...names, 'bank-c'] });
    const { approved, code, detail } = await answer();
    expect({ approved, code }).toEqual({ approved: false, code: 'STATISTICS_DIFFERENCING' });
    // Who was in the earlier job is no business of the submitter of this one.
    expect(detail).not.toContain('bank-c');
  });

  test('for the same participants are open again', async () => {
    const { answer, journal } = asked(new Stage(names, { warmStart: { job: earlier } }), () => approve);
    journal.statistics.keep({ ...statistics, members: names });
    expect(await answer()).toMatchObject({ approved: true });
  });
});
