import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobView, RoundView } from '../../../cli/client.js';
import { colourPalette, plainPalette } from '../../../cli/text/palette.js';
import { modelPage } from '../../../cli/views/domain.js';
import { jobPage, jobTable, progressWords } from '../../../cli/views/job.js';
import { progressFrame, progressKey, progressLine } from '../../../cli/views/progress.js';
import { roundPage, roundTable } from '../../../cli/views/round.js';
import { longLines } from './harness.js';
import { agreedRound, failedJob, finishedJob, runningJob, stalledJob, submittedMs } from './sample-views.js';

const nowMs = submittedMs + 60_000;

describe('pages for people, 80 columns', () => {
  it('shows a running job: state, who it waits for, participants, next command', () => {
    expect(jobPage(runningJob, nowMs, plainPalette)).toBe(
      `
job          job-1a2b3c4d5e6f708192a3b4c5d6e7f809
name         loan-default
state        running, round 3 of 10, collecting
waiting for  bank-b: upload of its update
             platform-x: upload of its update
deadline     2026-03-01T10:50:30Z (29 m 00 s left)
time left    about 1 m 12 s
model        mlp, trained by fedavg
metrics      round 2: AUC 0.7712, KS 0.4120
best round   2
submitted    2026-03-01T10:20:30Z by ann
fingerprint  abababababababababababababababababababababababababababababababab
spec digest  cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

PARTICIPANT  ORGANISATION  ONLINE  STATE                 UP      DOWN
bank-a       Bank A Ltd    yes     uploaded        3.00 MiB  1.50 MiB
bank-b       Bank B plc    yes     training 40%    2.00 MiB  1.00 MiB
platform-x   示例电商平台  yes     encrypting 91%  2.00 MiB  1.00 MiB

next: fedrisk jobs watch job-1a2b3c4d5e6f
`.trim(),
    );
  });

  it('shows a stalled job: for whom it stands still, until when, and who has left', () => {
    expect(jobPage(stalledJob, nowMs, plainPalette)).toBe(
      `
job          job-1a2b3c4d5e6f708192a3b4c5d6e7f809
name         loan-default
state        running, round 3 of 10, collecting, stalled
waiting for  bank-b to upload round 3, not connected (fedrisk participant start)
stalled      until 2026-03-01T11:20:30Z, then the job fails
deadline     2026-03-01T11:20:30Z (59 m 00 s left)
model        mlp, trained by fedavg
metrics      round 2: AUC 0.7712, KS 0.4120
best round   2
submitted    2026-03-01T10:20:30Z by ann
fingerprint  abababababababababababababababababababababababababababababababab
spec digest  cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

PARTICIPANT  ORGANISATION  ONLINE  STATE           UP      DOWN
bank-a       Bank A Ltd    yes     uploaded  3.00 MiB  1.50 MiB
bank-b       Bank B plc    no      waiting   2.00 MiB  1.00 MiB
bank-c       Bank C SE     yes     left      2.00 MiB  1.00 MiB
platform-x   示例电商平台  yes     uploaded  2.00 MiB  1.00 MiB

bank-c: TRAINING_FAILED, the worker stopped

next: fedrisk jobs watch job-1a2b3c4d5e6f
`.trim(),
    );
    const frame = progressFrame(stalledJob, 0, plainPalette).join('\n');
    expect(frame).toMatch(/^stalled +until 2026-03-01T11:20:30Z, then the job fails$/m);
    expect(progressLine(stalledJob, nowMs)).toContain('collecting, stalled;');
    expect(progressKey(stalledJob)).not.toBe(progressKey(runningJob));
    const fitting = { ...stalledJob, mode: 'vertical', state: 'fitting', phase: 'products' };
    expect(progressWords(fitting)).toBe('fitting, iteration 3 of 10, step products, stalled');
    expect(progressKey(fitting)).not.toBe(progressKey({ ...fitting, stalledUntilMs: 0 }));
    expect(progressWords({ ...fitting, state: 'failed' })).not.toContain('stalled');
  });

  it('shows whom a round left out, and how many it had to have', () => {
    const partial = { ...agreedRound, survivors: ['bank-a', 'bank-b'], leftOut: ['platform-x'], needed: 2 };
    expect(roundPage(partial, plainPalette)).toContain(
      `
needed        at least 2 of 3
survivors     bank-a, bank-b
left out      platform-x
signatures    3 of 3 signed the survivor set
`,
    );
    const open = {
      ...partial,
      sum: 5,
      phase: 'collecting',
      verification: 'pending',
      survivors: [],
      leftOut: [],
    };
    expect(roundTable([partial, { ...open, agreedMs: 0, metrics: [] }], plainPalette)).toBe(
      `
SUM  PURPOSE  ROUND  STATE        IN   TOOK        UP     AUC      KS    LOSS
  4  update       3  verified    2/3  4.2 s  3.00 MiB  0.7812  0.4233  0.4311
  5  update       3  collecting    -      -  3.00 MiB
`.slice(1, -1),
    );
  });

  it('shows why and by whom a job failed, and what to run next', () => {
    const text = jobPage(failedJob, nowMs, plainPalette);
    expect(text).toContain('error        POLICY_FEATURE');
    expect(text).toContain('bank-b: POLICY_FEATURE, withholds income');
    expect(text).toMatch(/next: fedrisk explain POLICY_FEATURE$/);
    expect(jobPage(finishedJob, nowMs, plainPalette)).toMatch(/ended .*, after 1 m 35 s/);
  });

  it('shows a round: keys, survivors, verdict, times, digests', () => {
    expect(roundPage(agreedRound, plainPalette)).toBe(
      `
round         3 (update, sum 4)
phase         agreed
started       2026-03-01T10:20:30Z
agreed        2026-03-01T10:20:34Z, after 4.2 s
encryption    narrow: BFV, N 2048, log q 54, t 4293918721
key holders   bank-a, bank-b, platform-x
needed        at least 3 of 3
survivors     bank-a, bank-b, platform-x
signatures    3 of 3 signed the survivor set
values        104 857 per contribution
sum           efefefefefef, 1.62 MiB, added in 31 ms
verification  verified
fingerprint   1212121212121212121212121212121212121212121212121212121212121212
metrics       round 3: AUC 0.7812, KS 0.4233, train loss 0.4311

PARTICIPANT  STATE          UP  CIPHERTEXTS   FINGERPRINT
bank-a       applied  1.00 MiB  0f0f0f0f0f0f  121212121212
bank-b       applied  1.00 MiB  1f1f1f1f1f1f  121212121212
platform-x   applied  1.00 MiB  2f2f2f2f2f2f  121212121212

TIME         QUEUE  TRAIN  ENCRYPT  UPLOAD  AGGREGATE  DECRYPT  DOWNLOAD  APPLY
bank-a         3ms   1.2s    180ms    77ms          -     95ms      38ms    6ms
bank-b         3ms   1.5s    180ms    77ms          -     95ms      38ms    6ms
platform-x     3ms   1.9s    180ms    77ms          -     95ms      38ms    6ms
coordinator      -      -        -       -       31ms        -         -      -
`.trim(),
    );
  });

  it('says what is going on in one line without a terminal', () => {
    expect(progressLine(runningJob, nowMs)).toBe(
      '2026-03-01T10:21:30Z running, round 3 of 10, collecting; round 2: AUC 0.7712, KS 0.4120; ' +
        '7.00 MiB up, 3.50 MiB down; about 1 m 12 s left',
    );
  });

  it('lists rounds with the verdict and the metrics of the model after each', () => {
    const current = {
      ...agreedRound,
      sum: 5,
      round: 4,
      phase: 'collecting',
      verification: 'pending',
      agreedMs: 0,
    };
    const refused = { ...agreedRound, sum: 6, verification: 'SUM_MAC_MISMATCH', metrics: [] };
    expect(roundTable([agreedRound, { ...current, metrics: [] }, refused], plainPalette)).toBe(
      `
SUM  PURPOSE  ROUND  STATE              TOOK        UP     AUC      KS    LOSS
  4  update       3  verified          4.2 s  3.00 MiB  0.7812  0.4233  0.4311
  5  update       4  collecting            -  3.00 MiB
  6  update       3  SUM_MAC_MISMATCH  4.2 s  3.00 MiB
`.slice(1, -1),
    );
  });

  it('shows what joining was worth on own rows', () => {
    const model = {
      mode: 'horizontal' as const,
      jobId: runningJob.jobId,
      name: 'loan-default',
      model: 'mlp',
      round: 8,
      parameters: 12_345,
      fingerprint: '34'.repeat(32),
      agreedFingerprint: '56'.repeat(32),
      metrics: [{ name: 'auc', round: 8, value: 0.8351 }],
      own: { joint: { rows: 1296, auc: 0.8331, ks: 0.5299 }, solo: { rows: 1296, auc: 0.8012, ks: 0.49 } },
      savedMs: submittedMs + 0.25,
    };
    expect(modelPage(model, plainPalette)).toBe(
      `
job           job-1a2b3c4d5e6f708192a3b4c5d6e7f809
name          loan-default
model         mlp, 12 345 parameters
round         8
saved         2026-03-01T10:20:30Z
metrics       round 8: AUC 0.8351
agreed as     5656565656565656565656565656565656565656565656565656565656565656
model digest  3434343434343434343434343434343434343434343434343434343434343434

ON OWN ROWS   ROWS     AUC      KS
joint        1 296  0.8331  0.5299
alone        1 296  0.8012  0.4900
`.trim(),
    );
  });

  it('keeps its place on the screen while states change', () => {
    const headOf = (job: JobView) =>
      progressFrame(job, 0, plainPalette).find((line) => line.startsWith('PART'));
    const states = ['waiting', 'encrypting', 'applied'].map((state) => ({
      ...runningJob,
      participants: runningJob.participants.map((each) => ({ ...each, state, fraction: 0, bytesUp: 0 })),
    }));
    expect(new Set([runningJob, ...states].map(headOf)).size).toBe(1);
  });

  it('counts the time left down between two views', () => {
    expect(progressFrame(runningJob, 12_000, plainPalette).join('\n')).toMatch(/time left +about 1 m 00 s$/m);
  });
});

const foreign = fc.string({ unit: 'binary', maxLength: 120 });
const name = fc.stringMatching(/^[a-z][a-z0-9-]{1,39}$/);
const bytes = fc.nat({ max: 2 ** 31 });
const metrics = fc.array(
  fc.record({
    name: fc.constantFrom('auc', 'ks', 'trainLoss', 'rows'),
    round: fc.nat(1000),
    value: fc.double(),
  }),
  { maxLength: 6 },
);
const participants = fc.array(
  fc.record({
    name,
    organisation: foreign,
    kind: foreign,
    connected: fc.boolean(),
    state: foreign,
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
    bytesUp: bytes,
    bytesDown: bytes,
    code: fc.constantFrom('', 'POLICY_FEATURE'),
    detail: foreign,
    backend: foreign,
  }),
  { maxLength: 4 },
);
const jobs: fc.Arbitrary<JobView> = fc.record({
  jobId: fc.constant(runningJob.jobId),
  name: foreign,
  state: fc.constantFrom('running', 'keying', 'failed', 'finished'),
  phase: foreign,
  round: fc.nat(1000),
  rounds: fc.nat(1000),
  waitingFor: fc.array(foreign, { maxLength: 4 }),
  deadlineMs: fc.nat(),
  code: fc.constantFrom('', 'DEADLINE_MISSED'),
  detail: foreign,
  metrics,
  participants,
  submitter: foreign,
  submittedMs: fc.nat(),
  endedMs: fc.nat(),
  fingerprint: fc.constantFrom('', 'ab'.repeat(32)),
  bestRound: fc.nat(1000),
  specDigest: fc.constant('cd'.repeat(32)),
  model: foreign,
  algorithm: foreign,
  secondsLeft: fc.nat(),
  parties: fc.array(name, { maxLength: 4 }),
  mode: fc.constant('horizontal'),
  type: fc.constant(''),
  labelHolder: fc.constant(''),
  features: fc.constant([]),
  labelFunctionals: fc.constant(0),
  scoresReleased: fc.constant(0),
  stalledUntilMs: fc.nat(),
  level: fc.nat(8),
  levels: fc.nat(8),
});
const rounds: fc.Arbitrary<RoundView> = fc.record({
  ...(Object.fromEntries(Object.entries(agreedRound).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof RoundView]: fc.Arbitrary<RoundView[K]>;
  }),
  purpose: foreign,
  phase: foreign,
  parameters: foreign,
  keyHolders: fc.array(name, { maxLength: 20 }),
  survivors: fc.array(name, { maxLength: 20 }),
  leftOut: fc.array(name, { maxLength: 20 }),
  needed: fc.nat(255),
  level: fc.nat(8),
  verification: foreign,
  metrics,
  participants: fc.array(
    fc.record({
      name,
      state: foreign,
      timings: fc.array(
        fc.record({ step: fc.constantFrom('train', 'upload', 'decrypt', 'verify'), ms: bytes }),
        {
          maxLength: 6,
        },
      ),
      bytesUp: bytes,
      digest: fc.constant('00'.repeat(32)),
      fingerprint: foreign,
    }),
    { maxLength: 4 },
  ),
});

/** C0 and C1 controls, direction overrides, line separators: what forges a screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const dangerous = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

describe('pages of whatever the wire brings', () => {
  it('never exceed 80 columns and never let a control character through', () => {
    fc.assert(
      fc.property(jobs, rounds, (job, round) => {
        const pages = [
          jobPage(job, nowMs, plainPalette),
          jobTable([job, job], plainPalette),
          roundPage(round, plainPalette),
          roundTable([round], plainPalette),
          progressFrame(job, 0, plainPalette).join('\n'),
        ];
        for (const page of pages) {
          expect(longLines(page)).toEqual([]);
          expect(page).not.toMatch(dangerous);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('differ from the coloured ones by colour sequences only', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences are what is removed here.
    const bare = (text: string) => text.replace(/\x1b\[\d+m/g, '');
    expect(jobPage(runningJob, nowMs, colourPalette)).not.toBe(jobPage(runningJob, nowMs, plainPalette));
    fc.assert(
      fc.property(jobs, rounds, (job, round) => {
        expect(bare(jobPage(job, nowMs, colourPalette))).toBe(jobPage(job, nowMs, plainPalette));
        expect(bare(roundPage(round, colourPalette))).toBe(roundPage(round, plainPalette));
      }),
      { numRuns: 60 },
    );
  });
});
