import { describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { coded } from '../../support/coded.js';
import { collected, leave } from './support/dropouts.js';
import { five, fiveJob, summing, survivorSets, without } from './support/five.js';
import { reveal } from './support/honest.js';
import { reaches, type TableJob } from './support/table-job.js';

const [a, , , d, x] = five as [
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
];

describe('a participant that leaves', () => {
  it('is not waited for any more, and its upload stays in', () => {
    const job = collected(d).post(d, leave('TRAINING_FAILED'));
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
    expect(summing(job).left.get(d)?.code).toBe('TRAINING_FAILED');
    expect(job.run().state.kind).toBe('finished');

    const uploaded = fiveJob().run(reaches('update', 'collecting', 1));
    uploaded.post(d, uploaded.honest(d)!).post(d, leave('TRAINING_FAILED'));
    expect(survivorSets(uploaded.run()).slice(2)).toEqual([five, without(d), without(d)]);
    expect(uploaded.state.kind).toBe('finished');
  });

  it('has nothing more to say', () => {
    const job = collected(d).post(d, leave('TRAINING_FAILED'));
    expect(coded(() => job.post(d, reveal(2)))).toBe('JOB_ENDED');
  });

  it('ends the job when too few would be left, with its code', () => {
    const job = collected(d).post(d, leave('TRAINING_FAILED')).post(x, leave('DATASET_UNREADABLE'));
    expect(job.state).toMatchObject({
      kind: 'failed',
      code: 'DATASET_UNREADABLE',
      parties: [x],
      detail: 'platform-x: out of memory',
    });
  });

  it('ends the job when it says that somebody broke the protocol', () => {
    const job = collected(d).post(d, { ...leave('SUM_MAC_MISMATCH'), party: 'bank-a' });
    expect(job.state).toMatchObject({ kind: 'failed', code: 'SUM_MAC_MISMATCH', parties: [a] });
  });

  it('ends the job in statistics, which need everybody', () => {
    const job = fiveJob().run(reaches('moments', 'collecting')).post(d, leave('TRAINING_FAILED'));
    expect(job.state).toMatchObject({ kind: 'failed', code: 'TRAINING_FAILED', parties: [d] });
  });
});

describe('a participant whose certificate is revoked', () => {
  const revoked = (job: TableJob, name: ParticipantName) => job.take({ kind: 'revoked', name });

  it('has left at once: the round closes without waiting for it, and it has nothing more to say', () => {
    const job = revoked(collected(d), d);
    expect(job.events.map(({ body }) => body.kind).slice(-2)).toEqual(['revoked', 'survivorsProposed']);
    expect(summing(job).current).toMatchObject({ phase: 'unmasking', members: without(d) });
    expect(summing(job).left.get(d)).toMatchObject({ code: 'CERTIFICATE_REVOKED', party: d });
    expect(coded(() => job.post(d, reveal(2)))).toBe('JOB_ENDED');
    expect(job.run().state.kind).toBe('finished');
  });

  it('is revoked once, also when every replica says so', () => {
    const job = revoked(collected(d), d);
    const before = job.events.length;
    expect(revoked(job, d).events).toHaveLength(before);
  });

  it('ends the job that is left with too few, and is named', () => {
    const job = revoked(collected(d).post(d, leave('TRAINING_FAILED')), x);
    expect(job.state).toMatchObject({ kind: 'failed', code: 'CERTIFICATE_REVOKED', parties: [x] });
  });

  it.each([
    ['consent is awaited', () => fiveJob()],
    ['keys are made', () => fiveJob().run(({ kind }) => kind === 'keying')],
    ['statistics need everybody', () => fiveJob().run(reaches('moments', 'collecting'))],
  ])('ends the job while %s', (_when, begun) => {
    const job = revoked(begun(), d);
    expect(job.state).toMatchObject({
      kind: 'failed',
      code: 'CERTIFICATE_REVOKED',
      parties: [d],
      detail: 'bank-d: its certificate was revoked',
    });
  });

  it('changes nothing in a job that does not name it, or that has ended', () => {
    const job = fiveJob();
    expect(revoked(job, 'bank-z' as ParticipantName).events).toHaveLength(1);
    const ended = collected(d).take({ kind: 'cancel', by: 'ana', reason: '' });
    const before = ended.events.length;
    expect(revoked(ended, d).events).toHaveLength(before);
  });
});
