import { describe, expect, it } from 'vitest';
import type { EventKind, ParticipantName, PostBody, PostOf } from '../../../contract/index.js';
import { type JobState, step, workOf } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { digest, reveal, roster, sealed } from './support/honest.js';
import { reaches, TableJob, upload } from './support/table-job.js';

const [a, b, x] = roster as [ParticipantName, ParticipantName, ParticipantName];

/** The refusal's code; the job must be exactly as it was. */
function refused(job: TableJob, work: (job: TableJob) => unknown): string {
  const before = job.state;
  const code = coded(() => work(job));
  expect(job.state).toBe(before);
  return code;
}

function keying(stage: string) {
  return (state: JobState) => state.kind === 'keying' && state.keying.stage === stage;
}

describe('an undisturbed job', () => {
  it('goes through every state in order and ends with the reported model', () => {
    const job = new TableJob();
    const kinds: string[] = [];
    job.run((state) => {
      if (kinds.at(-1) !== state.kind) kinds.push(state.kind);
      return false;
    });
    expect([...kinds, job.state.kind]).toEqual([
      'awaiting-consent',
      'keying',
      'preparing',
      'running',
      'evaluating',
      'finished',
    ]);
    expect(job.state).toMatchObject({ rounds: 2, bestRound: 2, fingerprint: digest('model', 4) });
  });

  it('lets every coordinator event follow in the order of the protocol', () => {
    const own = new TableJob().run().events.filter(({ body }) => body.kind !== 'posted');
    const perSum: EventKind[] = ['sumStarted', 'survivorsProposed', 'sumReady', 'sumAgreed'];
    expect(own.map(({ body }) => body.kind)).toEqual([
      'submitted',
      'consented',
      'rosterFixed',
      'sumKeysRequested',
      ...Array.from({ length: 5 }, () => perSum).flat(),
      'finished',
    ]);
  });

  it('asks for another batch of mask keys as soon as no more than one lies ahead', () => {
    const job = new TableJob({ training: { rounds: 140 } }).run();
    const batches = job.events.flatMap(({ body }) => (body.kind === 'sumKeysRequested' ? [body] : []));
    expect(batches.map(({ firstSum, count }) => [firstSum, count])).toEqual([
      [0, 64],
      [64, 64],
      [128, 15],
    ]);
    const asked = job.events.flatMap(({ body }) => {
      if (body.kind === 'sumKeysRequested') return ['keys'];
      return body.kind === 'sumStarted' && [0, 64].includes(body.sum) ? [`sum ${body.sum}`] : [];
    });
    expect(asked).toEqual(['keys', 'sum 0', 'keys', 'sum 64', 'keys']);
    expect(job.state.kind).toBe('finished');
  });

  it('starts a warm job with the first round', () => {
    const job = new TableJob({ warmStart: { job: `job-${'0'.repeat(32)}` } }).run(
      (state) => 'current' in state,
    );
    expect(job.state).toMatchObject({ kind: 'running', current: { sum: 0, purpose: 'update', round: 1 } });
  });

  it('adds the ciphertexts of all members, in roster order, once all signed', () => {
    const job = new TableJob().run(reaches('update', 'unmasking'));
    expect(workOf(job.state)).toBeUndefined();
    for (const name of roster) job.post(name, job.honest(name)!);
    expect(workOf(job.state)).toMatchObject({
      sum: 2,
      contributors: 3,
      uploads: roster.map((sender) => ({ sender, digest: upload.digest })),
    });
  });
});

describe('refusal and abort', () => {
  it('fails the job with the code of the first refusal, naming who refused', () => {
    const job = new TableJob();
    const { specDigest } = job.state.charter;
    job.post(a, job.honest(a)!);
    job.post(b, {
      kind: 'consent',
      specDigest,
      approved: false,
      code: 'POLICY_PURPOSE',
      detail: 'not agreed',
    });
    expect(job.state).toMatchObject({
      kind: 'failed',
      code: 'POLICY_PURPOSE',
      parties: ['bank-b'],
      detail: 'bank-b: not agreed',
    });
  });

  it.each(['keying', 'preparing', 'running'])('fails the job at an abort while %s', (kind) => {
    const job = new TableJob().run((state) => state.kind === kind);
    job.post(x, { kind: 'abort', code: 'SUM_MAC_MISMATCH', detail: 'changed', sum: 0, party: '' });
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SUM_MAC_MISMATCH', parties: ['platform-x'] });
  });

  it('stops a job that a person cancels, once', () => {
    const job = new TableJob().take({ kind: 'cancel', by: 'ana', reason: 'typo' });
    expect(job.state).toMatchObject({ kind: 'cancelled', by: 'ana', reason: 'typo' });
    expect(refused(job, () => job.take({ kind: 'cancel', by: 'ana', reason: 'again' }))).toBe('JOB_ENDED');
    expect(job.take({ kind: 'tick' }).state.kind).toBe('cancelled');
  });
});

describe('deadlines', () => {
  const waits: readonly [string, (state: JobState) => boolean, number, RegExp][] = [
    ['consent', (state) => state.kind === 'awaiting-consent', 3600, /approve the job/],
    ['joining', keying('joining'), 300, /join the roster/],
    ['signing', keying('signing'), 300, /make the shared keys/],
    ['sharing', keying('sharing'), 300, /share its mask keys/],
  ];

  it.each(waits)(
    'of %s: missed by all, it ends the job and says what was missing',
    (_, until, seconds, act) => {
      const job = new TableJob().run(until);
      expect(job.tick(seconds * 1000 - 2000).state.kind).not.toBe('failed');
      job.tick(2000);
      expect(job.state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED' });
      const { detail, parties } = job.state as Extract<JobState, { kind: 'failed' }>;
      expect(detail).toMatch(act);
      expect(parties).toEqual(act.source.includes('make the shared keys') ? [a] : roster);
    },
  );
});

describe('posts that are out of place', () => {
  it('refuses every kind in a state that does not wait for it', () => {
    const early = new TableJob();
    const { specDigest } = early.state.charter;
    const signature = { kind: 'survivorSignature', sum: 0, survivorDigest: digest('s') } as const;
    expect(refused(early, (job) => job.post(a, signature))).toBe('MESSAGE_UNEXPECTED');
    const late = new TableJob().run(reaches('update', 'collecting'));
    const consent = { kind: 'consent', specDigest, approved: true, code: '', detail: '' } as const;
    expect(refused(late, (job) => job.post(a, consent))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(late, (job) => job.post(a, sealed(b, 'job-keys', 0)))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(late, (job) => job.post(a, reveal(2)))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(late, (job) => job.post(a, reveal(9)))).toBe('MESSAGE_UNEXPECTED');
  });

  it('refuses strangers and posts in another name', () => {
    const job = new TableJob();
    const stranger = 'bank-z' as ParticipantName;
    const consent = job.honest(a)!;
    expect(refused(job, () => job.post(stranger, consent))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, consent, {}, { sender: b }))).toBe('MESSAGE_UNEXPECTED');
  });

  it('refuses a join made for another job or by another certificate', () => {
    const job = new TableJob().run(keying('joining'));
    const join = job.honest(a);
    if (join?.kind !== 'join') throw new Error('no join');
    const change = (fields: object) => refused(job, () => job.post(a, { ...join, ...fields }));
    expect(change({ specDigest: digest('other') })).toBe('ROSTER_ENTRY_REPLAYED');
    expect(change({ identityKey: digest('other') })).toBe('MESSAGE_MALFORMED');
    expect(change({ certificateFingerprint: digest('other') })).toBe('MESSAGE_MALFORMED');
    expect(change({ organisation: 'Somebody else' })).toBe('MESSAGE_MALFORMED');
  });

  it('lets only the first of the roster commit to keys and send them', () => {
    const job = new TableJob().run(keying('signing'));
    const commitments = job.honest(a)!;
    expect(refused(job, () => job.post(b, commitments))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(b, sealed(a, 'job-keys', 0)))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, sealed(a, 'job-keys', 0)))).toBe('MESSAGE_MALFORMED');
  });

  it('refuses a signature over another roster or other commitments', () => {
    const job = new TableJob().run(
      (state) => state.kind === 'keying' && 'jobKeys' in state.keying && state.keying.jobKeys.size === 2,
    );
    const signature = job.honest(b);
    if (signature?.kind !== 'rosterSignature') throw new Error('no signature');
    const change = (fields: object) => refused(job, () => job.post(b, { ...signature, ...fields }));
    expect(change({ rosterDigest: digest('other') })).toBe('ROSTER_MISMATCH');
    expect(change({ commitmentsDigest: digest('other') })).toBe('ROSTER_MISMATCH');
  });

  it('refuses a contribution for another sum, of a wrong size, or without its upload', () => {
    const job = new TableJob().run(reaches('update', 'collecting', 1));
    const body = job.honest(a);
    if (body?.kind !== 'contribution') throw new Error('no contribution');
    expect(refused(job, () => job.post(a, { ...body, sum: 1 }))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, { ...body, sum: 3 }))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, { ...body, round: 2 }))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, { ...body, purpose: 'moments' }))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, () => job.post(a, { ...body, bytes: 999 }))).toBe('SUM_MALFORMED');
    expect(refused(job, () => job.post(a, body, { complete: false }))).toBe('UPLOAD_MISSING');
  });

  it('refuses a report with a next step that no run of the spec has, or with a metric kept inside', () => {
    const job = new TableJob().run(reaches('update', 'applying', 1));
    const report = {
      kind: 'applied',
      sum: 2,
      sumDigest: digest('sum'),
      fingerprint: digest('model', 2),
      next: { purpose: 'update', round: 2, stopped: '', bestRound: 1 },
      metrics: [],
      timings: [],
    } as PostOf<'applied'>;
    const next = (change: object) =>
      refused(job, () => job.post(a, { ...report, next: { ...report.next, ...change } }));
    expect(next({ round: 3 })).toBe('SUM_OUT_OF_ORDER');
    expect(next({ purpose: 'moments', round: 0 })).toBe('SUM_OUT_OF_ORDER');
    expect(next({ stopped: 'rounds' })).toBe('SUM_OUT_OF_ORDER');
    expect(next({ bestRound: 2 })).toBe('SUM_OUT_OF_ORDER');
    expect(next({ purpose: 'evaluation', round: 0, stopped: 'rounds' })).toBe('SUM_OUT_OF_ORDER');
    const brier = { name: 'brier', round: 1, value: 0.2 } as const;
    expect(refused(job, () => job.post(a, { ...report, metrics: [brier] }))).toBe('MESSAGE_MALFORMED');
  });

  it('refuses to add anything to a job that ended', () => {
    const job = new TableJob().run();
    expect(refused(job, () => job.post(a, reveal(4)))).toBe('JOB_ENDED');
  });
});

describe('participants that disagree', () => {
  it('fails with SUM_SHAPE naming who sent another shape, whoever came first', () => {
    const job = new TableJob().run(reaches('update', 'collecting', 1));
    const body = job.honest(a);
    if (body?.kind !== 'contribution') throw new Error('no contribution');
    job.post(b, { ...body, valueCount: 101 });
    job.post(a, body).post(x, body);
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SUM_SHAPE', parties: ['bank-b'] });
  });

  it('fails with SURVIVORS_MISMATCH when somebody signs another survivor set', () => {
    const job = new TableJob().run(reaches('update', 'unmasking', 1));
    const body = job.honest(a)!;
    job.post(a, body).post(b, body);
    job.post(x, { kind: 'survivorSignature', sum: 2, survivorDigest: digest('other') });
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SURVIVORS_MISMATCH', parties: ['platform-x'] });
  });

  it.each([
    ['fingerprint', { fingerprint: digest('other') }, 'MODEL_DISAGREEMENT'],
    ['metric', { metrics: [{ name: 'auc', round: 1, value: 0.8 }] }, 'MODEL_DISAGREEMENT'],
    ['sum', { sumDigest: digest('other sum') }, 'SUM_DIGEST_MISMATCH'],
  ] as const)('fails when somebody reports another %s', (_, change, code) => {
    const job = new TableJob().run(reaches('update', 'applying', 2));
    job.run(() => job.honest(b)?.kind === 'applied');
    job.post(b, { ...job.honest(b), ...change } as PostBody);
    job.run();
    expect(job.state).toMatchObject({ kind: 'failed', code, parties: ['bank-b'] });
  });
});

describe('the stored log', () => {
  it('refolds to the live state at every prefix', () => {
    const job = new TableJob().run();
    let state: JobState | undefined;
    for (const event of job.events) state = step(state, event);
    expect(state).toEqual(job.state);
  });

  it('is refused when it is damaged', () => {
    const { events } = new TableJob().run();
    const fold = (from: number, to: number) => {
      let state: JobState | undefined;
      for (const event of [...events.slice(0, from), ...events.slice(to)]) state = step(state, event);
    };
    expect(coded(() => fold(0, 1))).toBe('INTERNAL');
    expect(coded(() => fold(3, 4))).toBe('INTERNAL');
  });
});
