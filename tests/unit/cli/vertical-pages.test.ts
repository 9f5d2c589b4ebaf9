import { describe, expect, it } from 'vitest';
import type { Estimate } from '../../../cli/client.js';
import type { ApprovalRow } from '../../../cli/participant-door.js';
import { plainPalette } from '../../../cli/text/palette.js';
import { modelPage, modelTable } from '../../../cli/views/domain.js';
import { estimatePage } from '../../../cli/views/estimate.js';
import { jobPage, jobTable } from '../../../cli/views/job.js';
import { approvalPage } from '../../../cli/views/node.js';
import { progressFrame, progressKey, progressLine } from '../../../cli/views/progress.js';
import { roundPage, roundTable } from '../../../cli/views/round.js';
import { stepContent } from '../../../cli/views/vertical-steps.js';
import { jobSpec, stepNames } from '../../../contract/index.js';
import { longLines } from './harness.js';
import { bankPart, finishedPair, fittingJob, fittingRound } from './sample-vertical.js';
import { runningJob, submittedMs } from './sample-views.js';

const nowMs = submittedMs + 60_000;

describe('pages of a vertical job', () => {
  it('show where it stands, who it waits for and who brings what', () => {
    expect(jobPage(fittingJob, nowMs, plainPalette)).toBe(
      `
job          job-1a2b3c4d5e6f708192a3b4c5d6e7f809
name         pair-scorecard
state        fitting, iteration 3 of 10, step products
waiting for  platform-x to send its masked gradients to bank-a
deadline     2026-03-01T10:50:30Z (29 m 00 s left)
time left    about 12.0 s
work         vertical training: logistic regression on WOE columns
labels at    bank-a
submitted    2026-03-01T10:20:30Z by ann
spec digest  cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

PARTICIPANT  ORGANISATION  BRINGS    ONLINE  STATE              UP      DOWN
bank-a       Bank A Ltd    labels    yes     sent         3.00 MiB  1.50 MiB
platform-x   示例电商平台  features  yes     working 40%  2.00 MiB  1.00 MiB

next: fedrisk jobs watch job-1a2b3c4d5e6f
`.trim(),
    );
  });

  it('show metrics, what was released and the IV table when it is done', () => {
    const page = jobPage(finishedPair, nowMs, plainPalette);
    expect(page).toContain(
      `
metrics      rows 3 808, AUC 0.8194
released     39 label functionals to feature holders
             score parts of 1 260 customers to bank-a
`,
    );
    expect(page).toContain(
      `
FEATURE    PARTY       BINS      IV  BAND
Seniority  platform-x     6  0.5312  suspect  ####################
Amount     bank-a         6  0.1233  medium   #####
Debt       bank-a         3  0.0005  useless

next: fedrisk participant models show job-1a2b3c4d5e6f, at bank-a`,
    );
  });

  it('name the iteration only in the fit, and where a job failed', () => {
    const stateOf = (job: typeof fittingJob) => /^state +(.*)$/m.exec(jobPage(job, nowMs, plainPalette))?.[1];
    expect(stateOf({ ...fittingJob, state: 'aligning', phase: 'blind', round: 0 })).toBe(
      'aligning, step blind',
    );
    expect(stateOf({ ...fittingJob, state: 'scoring', phase: 'parts', round: 10 })).toBe(
      'scoring, step parts',
    );
    expect(stateOf({ ...fittingJob, state: 'keying', phase: '', round: 0 })).toBe('keying');
    expect(stateOf({ ...fittingJob, state: 'failed', code: 'DEADLINE_MISSED' })).toBe(
      'failed in iteration 3 of 10, step products',
    );
    expect(stateOf({ ...fittingJob, state: 'failed', phase: '', round: 0 })).toBe('failed');
    expect(stateOf(finishedPair)).toBe('finished');
  });

  it('stand in one list with horizontal ones', () => {
    expect(
      jobTable([finishedPair, runningJob, { ...fittingJob, type: 'scoring', rounds: 0 }], plainPalette),
    ).toBe(
      `
JOB               NAME            VERTICAL  STATE     ROUND  SUBMITTED
job-1a2b3c4d5e6f  pair-scorecard  training  finished  10/10  2026-03-01T10:20Z
job-1a2b3c4d5e6f  loan-default    -         running    3/10  2026-03-01T10:20Z
job-1a2b3c4d5e6f  pair-scorecard  scoring   fitting       -  2026-03-01T10:20Z
`.trim(),
    );
  });

  it('watching: a bar of iterations; without a terminal a line an iteration, not a step', () => {
    expect(progressFrame(fittingJob, 0, plainPalette)).toContain('iterations   [####----------------] 2/10');
    expect(progressLine(finishedPair, nowMs)).toBe(
      '2026-03-01T10:21:30Z finished; rows 3 808, AUC 0.8194; 5.00 MiB up, 2.50 MiB down',
    );
    expect(progressKey(fittingJob)).toBe(progressKey({ ...fittingJob, phase: 'openings' }));
    expect(progressKey(fittingJob)).not.toBe(progressKey({ ...fittingJob, round: 4 }));
    expect(progressKey({ ...fittingJob, state: 'aligning', phase: 'blind' })).not.toBe(
      progressKey({ ...fittingJob, state: 'aligning', phase: 'pledge' }),
    );
  });
});

describe('pages of its phases and iterations', () => {
  const aligning = {
    ...fittingRound,
    ...{ sum: 0, purpose: 'aligning', round: 0, phase: 'agreed', agreedMs: submittedMs + 4200 },
  };

  it('list who sent how much in each', () => {
    expect(roundTable([aligning, fittingRound], plainPalette)).toBe(
      `
SUM  PHASE     ITERATION  STATE         TOOK     SENT   bank-a  platform-x
  0  aligning          -  done         4.2 s  315 KiB  180 KiB     135 KiB
  4  fitting           3  in progress      -  315 KiB  180 KiB     135 KiB
`.slice(1, -1),
    );
    const many = ['bank-of-the-north', 'shop-x', 'phone-y'].map((name) => ({
      ...fittingRound.participants[0]!,
      name,
    }));
    const crowded = roundTable([{ ...fittingRound, participants: many }], plainPalette);
    expect(crowded).toMatch(/SENT +BY\n/);
    expect(longLines(crowded)).toEqual([]);
  });

  it('show every step, every parcel with its size and digest, and who opens what', () => {
    expect(roundPage(fittingRound, plainPalette)).toBe(
      `
round         fitting, iteration 3 (sum 4)
state         in progress
waiting for   platform-x to send its masked gradients to bank-a
started       2026-03-01T10:20:30Z
key holders   bank-a: opens the gradients of others, masked
              platform-x: opens the gradient of bank-a, masked
              coordinator: none
verification  pending

STEP  NAME      WHAT IS SENT                    TOOK  PARCELS      SIZE
  14  terms     encrypted residual, own part  921 ms        2   225 KiB
  15  products  masked gradients                   -        1  90.1 KiB

STEP  FROM        TO              SIZE  SHA-256       TIMES
  14  bank-a      platform-x  90.2 KiB  aaaaaaaaaaaa  encrypt 1.2s, seal 31ms
  14  platform-x  bank-a       135 KiB  bbbbbbbbbbbb  encrypt 1.2s, seal 31ms
  15  bank-a      platform-x  90.1 KiB  cccccccccccc  encrypt 1.2s, seal 31ms

PARTICIPANT  STATE       SENT  TIMES
bank-a       sent     180 KiB  multiply 339ms
platform-x   working  135 KiB
`.trim(),
    );
  });

  it('say what every step of the contract sends', () => {
    for (const name of stepNames) expect(stepContent(name)).toMatch(/^[a-zI].{5,35}$/);
    expect(stepContent('constructor')).toBe('');
  });
});

describe('what a vertical job left at a node', () => {
  it('at the label holder: joint against own, decisions, bands, calibration, coefficients, IV, WOE', () => {
    expect(modelPage(bankPart, plainPalette)).toBe(
      `
job           job-1a2b3c4d5e6f708192a3b4c5d6e7f809
name          pair-scorecard
kind          vertical training, labels at this node
with          platform-x
customers     4 231 own, 3 808 common to all
              3 048 to train, 760 held out
calibration   slope 1.600, intercept 0.200, on 500 training customers (140 bad)
points        600 at 20 good to 1 bad, 20 more double these odds
released      39 label functionals to others
              score parts of 1 260 customers to this node
saved         2026-03-01T10:20:30Z
model digest  3434343434343434343434343434343434343434343434343434343434343434

HELD OUT  JOINT MODEL            OWN FEATURES ALONE     GAIN
AUC       0.8100 [0.780, 0.840]  0.7100 [0.680, 0.740]  +0.1000 [0.067, 0.133]
KS        0.5000 [0.440, 0.560]  0.3400 [0.280, 0.400]  +0.1600 [0.080, 0.240]
Gini      0.6200 [0.560, 0.680]  0.4200 [0.360, 0.480]  +0.2000 [0.134, 0.266]
Brier     0.1500                 0.1800                 -0.0300
log loss  0.4500                 0.5400                 -0.0900
800 customers, 200 bad; 95 % intervals; gain in AUC p = 0.0032 (DeLong), KS by
bootstrap.

APPROVED  BAD RATE ALONE    JOINT  SWAPPED IN     BAD  SWAPPED OUT     BAD
  70.0 %         16.07 %  12.86 %          60  20.0 %           60  50.0 %
  99.0 %         under 5  under 5     under 5       -      under 5       -

    POINTS  CUSTOMERS   SHARE  BADS  BAD RATE  APPROVED  BADS CAUGHT
570 to 651        400  50.0 %    40    10.0 %    50.0 %      100.0 %
403 to 570        400  50.0 %   160    40.0 %   100.0 %       80.0 %

WORST FIRST  CUSTOMERS  PREDICTED  BAD RATE  LIFT     GAIN
          1        400     43.0 %    40.0 %  1.60   80.0 %
          2        400      9.0 %    10.0 %  0.40  100.0 %

OWN FEATURE  COEFFICIENT  STD ERROR     Z   P-VALUE   VIF
Amount           +1.0748     0.1382  7.78  < 0.0001  1.13
Not in the fit, because they explain nothing: Debt
Calibrated log-odds of bad per unit of WOE. Errors and p-values are conditional
on the partner's columns: correlation with them is left out. VIF is among own
columns.

FEATURE    PARTY       BINS      IV  BAND
Seniority  platform-x     6  0.5312  suspect  ####################
Amount     bank-a         3  0.1233  medium   #####

Amount, IV 0.1233 (medium)          TRAINING ROWS   SHARE      WOE
<= 800                                      1 000  32.8 %  -0.3600
> 800                                       2 000  65.6 %  +0.2000
missing                                        48   1.6 %  +0.7937
`.trim(),
    );
  });

  it('at a feature holder: own coefficients and bins, nothing of the label holder', () => {
    const { evaluation: _, scaling: __, ...rest } = bankPart;
    const page = modelPage({ ...rest, me: 'platform-x', labelFunctionals: 0 }, plainPalette);
    expect(page).toContain('labels at bank-a');
    expect(page).toContain('score parts of 1 260 customers to bank-a');
    expect(page).not.toMatch(/HELD OUT|POINTS|calibration|functionals/);
  });

  it('says why nothing was measured', () => {
    const { evaluation: _, coefficients: __, ...rest } = bankPart;
    expect(modelPage({ ...rest, scoresReleased: 0 }, plainPalette)).toContain('scores.release: none');
    expect(modelPage(rest, plainPalette)).toContain('one class only');
  });

  it('a binning job: the IV table; a scoring job: where the scores are', () => {
    const { evaluation: _, coefficients: __, scaling: ___, ...rest } = bankPart;
    const binning = modelPage({ ...rest, type: 'binning', fingerprint: '' }, plainPalette);
    expect(binning).toMatch(/Seniority +platform-x +6 +0\.5312 +suspect/);
    expect(binning).not.toMatch(/COEFFICIENT|measured|digest/);
    const scored = { ...rest, type: 'scoring' as const, features: [], scoresFile: '/home/x/scores.csv' };
    const scoring = modelPage(scored, plainPalette);
    expect(scoring).toContain(`scores        HOME/jobs/${bankPart.jobId}/scores.csv`);
    expect(scoring).not.toMatch(/FEATURE|to train/);
    expect(modelTable([bankPart, { ...rest, type: 'binning' }, scored], plainPalette)).toMatch(
      /scorecard +- +1 +343.*\n.*IV table +- +- .*\n.*scores +- +- /,
    );
  });
});

describe('before a vertical job', () => {
  const figures: Estimate = {
    valuesPerRound: 13,
    bytesUpPerRound: 800_000,
    bytesDownPerRound: 800_000,
    protectionSecondsPerRound: 0.64,
    trainingSecondsPerRound: 0,
    totalSeconds: 8.8,
    basis: 'per 10000 common rows',
  };
  const written = {
    ...{
      name: 'pair',
      mode: 'vertical',
      purpose: 'credit-risk',
      labelHolder: 'bank-a',
      nonce: '0'.repeat(64),
    },
    parties: {
      'bank-a': { dataset: 'loans', features: { age: 'number' } },
      'shop-x': { dataset: 'customers', features: { visits: 'number' } },
    },
  };

  it('estimates an iteration and all of them, or the whole job', () => {
    const training = estimatePage(figures, jobSpec.parse({ ...written, type: 'training' }), plainPalette);
    expect(training).toMatch(/PER ITERATION +10 ITERATIONS\nupload +781 KiB +7\.63 MiB/);
    expect(training).toContain('total     8.8 s, alignment and binning included');
    const binning = estimatePage(figures, jobSpec.parse({ ...written, type: 'binning' }), plainPalette);
    expect(binning).toMatch(/WHOLE JOB\nupload +781 KiB\n/);
    expect(`${training}${binning}`).not.toMatch(/local training|check slots|unknown/);
  });

  it('asks its operator in the words of a vertical job', () => {
    const row: ApprovalRow = {
      jobId: bankPart.jobId,
      answer: 'asked',
      reason: '',
      name: 'pair',
      purpose: 'credit-risk',
      submitter: 'ann',
      organisation: 'Bank A',
      peers: ['bank-a', 'shop-x'],
      dataset: 'bank-a: loans, shop-x: customers',
      features: ['bank-a: age'],
      model: 'logistic on WOE',
      algorithm: 'vertical training',
      rounds: 10,
      minimumRows: 500,
      release: ['iv'],
      deadlineMs: nowMs + 1000,
    };
    const page = approvalPage([row], nowMs, plainPalette);
    expect(page).toContain('customers  at least 500 common to all');
    expect(page).toContain('work       vertical training: logistic on WOE, 10 iterations');
    const scoring = { ...row, algorithm: 'vertical scoring', model: '', rounds: 0, features: [] };
    expect(approvalPage([scoring], nowMs, plainPalette)).toMatch(/work +vertical scoring\n/);
  });
});
