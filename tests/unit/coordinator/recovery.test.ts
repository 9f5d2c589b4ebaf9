import { describe, expect, it } from 'vitest';
import type { EventOf, ParticipantName, PostOf, RecoveryCause } from '../../../contract/index.js';
import { step, wakesMs } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { five, fiveJob, summing, without } from './support/five.js';
import { reveal } from './support/honest.js';
import { reaches, type TableJob } from './support/table-job.js';

const [a, b, , d, x] = five as [
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
  ParticipantName,
];
const waitMs = 2_000;

/** Round 1 over everybody, added up, and nothing revealed yet. */
function added(): TableJob {
  return fiveJob().run(reaches('update', 'applying', 1));
}

function revealed(job: TableJob, ...names: ParticipantName[]): TableJob {
  for (const name of names) job.post(name, reveal(summing(job).current.sum));
  return job;
}

function asked({ events }: TableJob): EventOf<'recoveryAsked'>[] {
  return events.flatMap(({ body }) => (body.kind === 'recoveryAsked' ? [body] : []));
}

function recovery(job: TableJob, cause: RecoveryCause, ...members: ParticipantName[]): PostOf<'recovery'> {
  return {
    kind: 'recovery',
    sum: summing(job).current.sum,
    cause,
    members,
    ciphertext: new Uint8Array(49 * members.length + 16),
  };
}

describe('a member that does not open its seed', () => {
  it('is waited for two seconds after the last reveal of the others, then they are asked for their shares', () => {
    const job = revealed(added(), ...without(d));
    expect(wakesMs(summing(job))).toBe(job.nowMs + waitMs);
    expect(asked(job.tick(waitMs - 1))).toEqual([]);
    job.tick(1);
    expect(asked(job)).toEqual([{ kind: 'recoveryAsked', sum: summing(job).current.sum, missing: [d] }]);
    expect(asked(job.tick(waitMs))).toHaveLength(1);
  });

  it('has its two seconds from the last of the others, not from the first', () => {
    const job = revealed(added(), a, b, x).tick(waitMs);
    revealed(job, 'bank-c' as ParticipantName).tick(waitMs - 1);
    expect(asked(job)).toEqual([]);
    expect(asked(job.tick(1))).toHaveLength(1);
  });

  it('is not asked for while too few are there to help', () => {
    const job = revealed(added(), a, b, x).tick(100 * waitMs);
    expect(asked(job)).toEqual([]);
  });

  it('is asked for at once when it has left for good', () => {
    const job = added();
    job.post(d, { kind: 'abort', code: 'INTERNAL', detail: 'out of memory', sum: 2, party: '' });
    expect(asked(revealed(job, a, b))).toEqual([]);
    revealed(job, 'bank-c' as ParticipantName, x);
    expect(asked(job)).toMatchObject([{ missing: [d] }]);
  });

  it('may open it late, and nobody who opened it is asked for', () => {
    const job = revealed(added(), ...without(d)).tick(waitMs);
    revealed(job, d);
    expect(asked(job)).toMatchObject([{ missing: [d] }]);
    const whole = revealed(added(), ...five).tick(waitMs);
    expect(asked(whole)).toEqual([]);
  });

  it('does not keep the job from ending, and the transcript folds to the same state', () => {
    const job = revealed(added(), ...without(d)).tick(waitMs);
    job.post(a, recovery(job, 'missing', d)).run(() => false, without(d));
    const folded = job.events.reduce<Parameters<typeof step>[0]>(
      (state, event) => step(state, event),
      undefined,
    );
    expect(folded).toEqual(job.state);
  });
});

describe('shares of seeds', () => {
  const refused = (job: TableJob, body: PostOf<'recovery'>) => coded(() => job.post(a, body));

  it('are taken of members only, each named once', () => {
    const job = fiveJob().run(reaches('update', 'collecting', 1));
    job
      .run(() => false, without(d))
      .tick(60_000)
      .run(reaches('update', 'applying', 1), without(d));
    revealed(job, a, b).tick(waitMs);
    expect(refused(job, recovery(job, 'doubted', d))).toBe('MESSAGE_MALFORMED');
    expect(refused(job, recovery(job, 'doubted', b, b))).toBe('MESSAGE_MALFORMED');
    expect(() => job.post(a, recovery(job, 'doubted', b))).not.toThrow();
  });

  it('have the bytes of as many shares as members are named, and a reveal no more than it needs', () => {
    const job = revealed(added(), a, b);
    const [one, sum] = [recovery(job, 'doubted', b), summing(job).current.sum];
    for (const bytes of [64, 66, 0]) {
      expect(refused(job, { ...one, ciphertext: new Uint8Array(bytes) })).toBe('MESSAGE_MALFORMED');
    }
    const reveals = (bytes: number) =>
      coded(() => job.post(d, { ...reveal(sum), ciphertext: new Uint8Array(bytes) }));
    expect(reveals(65)).toBe('MESSAGE_MALFORMED');
    expect(reveals(64)).toBe('no error');
    const less = fiveJob().run(reaches('update', 'collecting', 1));
    less
      .run(() => false, without(d))
      .tick(60_000)
      .run(reaches('update', 'applying', 1), without(d));
    const wider = { ...reveal(summing(less).current.sum), ciphertext: new Uint8Array(64 + 33) };
    expect(() => less.post(a, wider)).not.toThrow();
  });

  it('of missing members come after the question, those of doubted ones after the sum', () => {
    const job = revealed(added(), ...without(d));
    expect(refused(job, recovery(job, 'missing', d))).toBe('MESSAGE_UNEXPECTED');
    const early = fiveJob().run(reaches('update', 'unmasking', 1));
    expect(refused(early, recovery(early, 'doubted', d))).toBe('MESSAGE_UNEXPECTED');
  });
});
