import { describe, expect, it } from 'vitest';
import { type ParticipantName, stepNames } from '../../../contract/index.js';
import { isExchanging, type JobState, owed, stepsDoneWith } from '../../../coordinator/rounds/index.js';
import { TableJob } from './support/table-job.js';
import { bank, opens, parcelPost, platform, verticalSpec } from './support/vertical.js';

const four = ['bank-a', 'bank-b', 'platform-x', 'platform-y'] as ParticipantName[];
const waits: readonly [string, (state: JobState) => boolean, number, string][] = [
  [
    'consent',
    (state) => state.kind === 'awaiting-consent',
    3600,
    'bank-a, platform-x did not approve the job in time',
  ],
  ['joining', (state) => state.kind === 'keying', 300, 'bank-a, platform-x did not join the roster in time'],
  [
    'signing',
    (state) => state.kind === 'keying' && state.keying.stage === 'signing',
    300,
    'bank-a, platform-x did not sign the roster in time',
  ],
];
const steps: typeof waits = [
  [
    'blinded ids',
    opens('blind'),
    1800,
    'bank-a did not send its blinded ids to platform-x in time; platform-x did not send its blinded ids to bank-a in time',
  ],
  [
    'labels one way and counts the other',
    opens('labels'),
    1800,
    'bank-a did not send its encrypted labels to platform-x in time; platform-x did not send the row counts of its bins to bank-a in time',
  ],
  ['WOE', opens('woe'), 1800, 'bank-a did not send the joined bins to platform-x in time'],
  ['reports', opens('close'), 1800, 'bank-a, platform-x did not report its outcome in time'],
];

function end(job: TableJob) {
  return job.state as Extract<JobState, { kind: 'failed' }>;
}

describe('a vertical job whose participant is revoked', () => {
  it.each([...waits, ...steps])('ends at once, while it waits for %s', (_, until) => {
    const job = TableJob.of(verticalSpec()).run(until).take({ kind: 'revoked', name: platform });
    expect(end(job)).toMatchObject({ kind: 'failed', code: 'CERTIFICATE_REVOKED', parties: [platform] });
  });
});

describe('deadlines of a vertical job', () => {
  it.each(waits)('of %s: missed by all, it says who owed what', (_, until, seconds, detail) => {
    const job = TableJob.of(verticalSpec()).run(until);
    expect(job.tick(seconds * 1000 - 2000).state.kind).not.toBe('failed');
    job.tick(2000);
    expect(end(job)).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED', detail });
  });

  it.each(steps)('of %s: missed by all, the step stalls before the job ends', (_, until, seconds, detail) => {
    const job = TableJob.of(verticalSpec()).run(until);
    job.tick(seconds * 1000);
    expect(job.events.at(-1)?.body).toMatchObject({ kind: 'stalled', deadlineMs: job.nowMs + 3_600_000 });
    expect(job.tick(3_599_000).events.at(-1)?.body.kind).toBe('stalled');
    job.tick(1000);
    expect(end(job)).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED', detail });
  });

  it('follow the spec', () => {
    const deadlines = { stepSeconds: 60, keyingSeconds: 30, rejoinSeconds: 90 };
    const job = TableJob.of(verticalSpec({ deadlines })).run(opens('keys'));
    const events = job.events.length;
    expect(job.tick(58_000).events).toHaveLength(events);
    expect(job.tick(2000).state).toMatchObject({ kind: 'aligning', openStep: { stalled: true } });
    expect(job.tick(89_000).state.kind).toBe('aligning');
    expect(job.tick(1000).state.kind).toBe('failed');
  });

  it('let a stalled step go on when the missing one comes back, and the next one stall anew', () => {
    const job = TableJob.of(verticalSpec()).run(opens('blind'));
    job.run(() => false, [bank]).tick(1_800_000);
    expect(job.events.at(-1)?.body).toMatchObject({ kind: 'stalled', missing: [platform] });
    job.tick(3_500_000).run(opens('pledge'));
    expect(job.state).toMatchObject({ openStep: { stalled: false, deadlineMs: job.nowMs + 1_800_000 } });
    job.tick(1_800_000);
    expect(job.events.at(-1)?.body).toMatchObject({ kind: 'stalled', missing: [bank, platform] });
    expect(job.run().state.kind).toBe('finished');
  });

  it('name only who was missing, and to whom', () => {
    const job = TableJob.of(verticalSpec({}, four)).run(opens('keys'));
    const [first, second, third, last] = four as [
      ParticipantName,
      ParticipantName,
      ParticipantName,
      ParticipantName,
    ];
    job.run(() => false, [first, third, last]).post(second, parcelPost(0, second, first));
    job.tick(1800_000).tick(3_600_000);
    expect(end(job).parties).toEqual([second]);
    expect(end(job).detail).toBe(
      'bank-b did not send its keys for this job to platform-x, platform-y in time',
    );
  });

  it('start anew with every step', () => {
    const job = TableJob.of(verticalSpec()).run(opens('keys'));
    job.tick(1_799_000);
    job.run(opens('blind'));
    expect(job.tick(1_799_000).state.kind).toBe('aligning');
  });

  it('have words for every step there is', () => {
    const seen = new Map<string, string>();
    const trees = { type: 'boosting', trees: { count: 2, depth: 1 } };
    for (const spec of [verticalSpec(), verticalSpec({}, four), verticalSpec(trees)]) {
      TableJob.of(spec).run((state) => {
        if (isExchanging(state)) seen.set(state.openStep.step.name, owed(state)[0]?.act ?? '');
        return false;
      });
    }
    expect([...seen.keys()].sort()).toEqual([...stepNames].sort());
    for (const act of seen.values()) expect(act).toMatch(/^(send (its|the) [a-z ]+ to |report its outcome$)/);
  });

  it('end at an abort that names the step and the party at fault', () => {
    const job = TableJob.of(verticalSpec()).run(opens('products'));
    job.post(bank, { kind: 'abort', code: 'PARCEL_MALFORMED', detail: 'bad seal', sum: 8, party: platform });
    expect(end(job)).toMatchObject({
      code: 'PARCEL_MALFORMED',
      parties: [platform],
      detail: 'bank-a: bad seal',
    });
  });
});

describe('parcels that may be deleted', () => {
  it('are those of steps after which everybody has posted in a later one', () => {
    const job = TableJob.of(verticalSpec({ training: { iterations: 6 } }, four));
    const kept: number[] = [];
    job.run((state) => {
      if (!isExchanging(state)) return false;
      const said = job.events.flatMap(({ body }) =>
        body.kind === 'posted' && 'step' in body.post.body
          ? [{ ...body.post, step: body.post.body.step }]
          : [],
      );
      const { number } = state.openStep.step;
      const done = Array.from({ length: number + 1 }, (_, step) =>
        four.every((name) => said.some((post) => post.sender === name && post.step > step)),
      );
      expect(done.lastIndexOf(true) + 1).toBe(stepsDoneWith(state));
      kept.push(number - stepsDoneWith(state));
      return false;
    });
    // However long the fit is, the files of little more than one iteration (6 steps) are kept.
    expect(Math.max(...kept)).toBeLessThanOrEqual(6);
  });
});
