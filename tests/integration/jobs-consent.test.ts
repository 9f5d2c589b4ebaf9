import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from 'yaml';
import type { JobView } from '../../cli/client.js';
import { errorCatalogue, type JobId } from '../../contract/index.js';
import { approve, listApprovals, refuse } from '../../participant/main.js';
import { JobsFederation, quartet, trio } from './support/jobs-federation.js';

const hangMs = 120_000;

let federation: JobsFederation;
beforeAll(async () => {
  federation = await JobsFederation.start();
}, hangMs);
afterAll(() => federation?.close());

describe('a policy refusal of bank-b reaches the submitter', () => {
  const rule = (field: string, value: unknown) => (policy: Document) =>
    policy.setIn(['rules', 0, field], value);
  const refusals: readonly [string, string, ((policy: Document) => void) | null][] = [
    ['POLICY_COORDINATOR', 'no policy file', null],
    [
      'POLICY_COORDINATOR',
      'another CA',
      (p) => p.setIn(['coordinators', 0, 'caFingerprint'], 'a'.repeat(64)),
    ],
    ['POLICY_REFUSED', 'no rule', (p) => p.set('rules', [])],
    ['POLICY_REFUSED', 'a rule that expired', rule('expires', '2020-01-31')],
    ['POLICY_PEER', 'an unwanted peer', rule('peers', ['bank-a'])],
    ['POLICY_DATASET', 'a dataset kept back', rule('datasets', ['other-loans'])],
    ['POLICY_FEATURE', 'a feature kept back', rule('except', ['Income'])],
    ['POLICY_PURPOSE', 'another purpose', rule('purposes', ['fraud'])],
    ['POLICY_ALGORITHM', 'an algorithm', rule('algorithms', ['fedprox'])],
    ['POLICY_ALGORITHM', 'a model kind', rule('models', ['mlp'])],
    ['POLICY_COHORT', 'too few participants', rule('minimumCohort', 4)],
    ['POLICY_COHORT', 'too few colluders', rule('minimumColluders', 2)],
    ['POLICY_COHORT', 'too few rows', rule('minimumRows', 100_000)],
    ['POLICY_ROUNDS', 'too many rounds', rule('maximumRounds', 1)],
    ['POLICY_RELEASE', 'a metric kept inside', rule('release', ['auc'])],
    ['POLICY_INVALID', 'a broken file', rule('maximumRound', 1)],
  ];

  test.each(refusals)(
    '%s: %s',
    async (code, _, edit) => {
      const job = await federation.withPolicy('bank-b', edit, () => federation.run());
      expect(job).toMatchObject({ state: 'failed', code, parties: ['bank-b'] });
      expect(job.detail).toContain('bank-b');
      expect(job.participants.find(({ name }) => name === 'bank-b')).toMatchObject({
        state: 'refused',
        code,
      });
      for (const name of trio)
        expect(federation.kept(name, job.jobId as JobId)).toMatchObject({ state: 'failed', code });
    },
    hangMs,
  );

  test('all codes of the catalogue are here', () => {
    // Those of vertical jobs are in vertical-refusals.test.ts.
    const vertical = ['POLICY_ALIGNMENT', 'POLICY_LABELS', 'POLICY_SCORES'];
    const codes = Object.keys(errorCatalogue).filter(
      (code) => code.startsWith('POLICY_') && !vertical.includes(code),
    );
    expect([...new Set(refusals.map(([code]) => code))].sort()).toEqual(codes.sort());
  });
});

const manual = (policy: Document) => policy.setIn(['rules', 0, 'approval'], 'manual');

/** Everybody consented but one. */
function waitsForOne({ waitingFor, participants }: JobView): boolean {
  const consents = participants.filter(({ state }) => state === 'consented').length;
  return waitingFor.length === 1 && consents === participants.length - 1;
}

function withPolicies<T>(
  names: readonly string[],
  edit: (policy: Document) => void,
  during: () => Promise<T>,
): Promise<T> {
  const [name, ...rest] = names;
  if (name === undefined) return during();
  return federation.withPolicy(name, edit, () => withPolicies(rest, edit, during));
}

describe('a participant that asks a person', () => {
  const name = 'platform-x';
  const order = () => ({ home: federation.home(name) });

  /** Submits and waits until only platform-x is waited for. */
  async function asked(): Promise<JobId> {
    const jobId = await federation.submit();
    const job = await federation.seen(jobId, waitsForOne);
    expect(job).toMatchObject({
      state: 'awaiting-consent',
      waitingFor: [expect.stringContaining(`${name} to`)],
    });
    const open = async () => (await listApprovals(order())).find((approval) => approval.jobId === jobId);
    await expect
      .poll(open, { timeout: hangMs })
      .toMatchObject({ answer: 'asked', submitter: 'ana', peers: trio });
    return jobId;
  }

  test(
    'goes on when it is approved, also while the participant is down',
    async () => {
      await federation.withPolicy(name, manual, async () => {
        const jobId = await asked();
        await federation.takeDown(name);
        await approve({ ...order(), jobId });
        await federation.bringUp(name);
        expect(await federation.ended(jobId)).toMatchObject({ state: 'finished' });
      });
    },
    hangMs,
  );

  test(
    'still asks after a restart, and a refusal reaches the submitter with its reason',
    async () => {
      await federation.withPolicy(name, manual, async () => {
        const jobId = await asked();
        await federation.takeDown(name);
        await federation.bringUp(name);
        expect(await federation.shown(jobId)).toMatchObject({ state: 'awaiting-consent' });
        await refuse({ ...order(), jobId, reason: 'not this quarter' });
        const job = await federation.ended(jobId);
        expect(job).toMatchObject({ state: 'failed', code: 'APPROVAL_REFUSED', parties: [name] });
        expect(job.detail).toContain('not this quarter');
        await expect(approve({ ...order(), jobId })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
      });
    },
    hangMs,
  );
});

describe('sums over the same rows for participants that differ by one or two', () => {
  const others = ['bank-a', 'bank-b', 'platform-y'];
  const training = { rounds: 1 };
  const refused = { state: 'failed', code: 'STATISTICS_DIFFERENCING' };
  beforeEach(() => federation.renewRows());

  test(
    'are refused once statistics of one of them were opened, until the rows are others',
    async () => {
      await federation.finished({ participants: [...trio], training });
      for (const participants of [others, [...quartet]]) {
        const job = await federation.run({ participants, training });
        expect(job).toMatchObject(refused);
        expect(job.parties).toEqual([expect.stringMatching(/bank-a|bank-b|platform-x/)]);
      }
      await federation.finished({ participants: [...trio], training });
      await federation.renewRows();
      await federation.finished({ participants: others, training });
    },
    hangMs,
  );

  test(
    'are opened for one of them at most when both were approved before',
    async () => {
      await withPolicies(['platform-x', 'platform-y'], manual, async () => {
        const jobs = await Promise.all(
          [[...trio], others].map((participants) => federation.submit({ participants, training })),
        );
        for (const jobId of jobs) await federation.seen(jobId, waitsForOne);
        await approve({ home: federation.home('platform-x'), jobId: jobs[0]! });
        await approve({ home: federation.home('platform-y'), jobId: jobs[1]! });
        const ends = await Promise.all(jobs.map((jobId) => federation.ended(jobId)));
        const failed = ends.filter(({ state }) => state !== 'finished');
        expect(failed.length).toBeGreaterThanOrEqual(1);
        for (const job of failed) expect(job).toMatchObject(refused);
      });
    },
    hangMs,
  );

  test(
    'are refused to a warm start too',
    async () => {
      const job = await federation.finished({ participants: [...quartet], training });
      const warm = { training, warmStart: { job } };
      expect(await federation.run({ ...warm, participants: [...trio] })).toMatchObject(refused);
      await federation.finished({ ...warm, participants: [...quartet] });
    },
    hangMs,
  );
});
