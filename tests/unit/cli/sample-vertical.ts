import type { JobView, RoundView } from '../../../cli/client.js';
import type { VerticalRow } from '../../../cli/vertical-models.js';
import { sampleGain } from '../report/sample-vertical.js';
import { runningJob, submittedMs } from './sample-views.js';

const jobId = runningJob.jobId;
const [bank, , platform] = runningJob.participants;

/** A vertical training in its third iteration, as a coordinator shows it. */
export const fittingJob: JobView = {
  ...runningJob,
  name: 'pair-scorecard',
  state: 'fitting',
  phase: 'products',
  round: 3,
  rounds: 10,
  waitingFor: ['platform-x to send its masked gradients to bank-a'],
  metrics: [],
  participants: [
    { ...bank!, state: 'sent', fraction: 1 },
    { ...platform!, state: 'working', fraction: 0.4 },
  ],
  fingerprint: '',
  bestRound: 0,
  model: 'logistic',
  algorithm: '',
  secondsLeft: 12,
  mode: 'vertical',
  type: 'training',
  labelHolder: 'bank-a',
};

/** The same, finished, with everything released that can be. */
export const finishedPair: JobView = {
  ...fittingJob,
  state: 'finished',
  phase: 'close',
  round: 10,
  waitingFor: [],
  deadlineMs: 0,
  metrics: [
    { name: 'rows', round: 0, value: 3808 },
    { name: 'auc', round: 0, value: 0.81943 },
  ],
  participants: fittingJob.participants.map((each) => ({ ...each, state: 'reported', fraction: 1 })),
  endedMs: submittedMs + 25_000,
  fingerprint: 'ab'.repeat(32),
  secondsLeft: 0,
  features: [
    { party: 'bank-a', feature: 'Debt', bins: 3, iv: 0.0005 },
    { party: 'platform-x', feature: 'Seniority', bins: 6, iv: 0.5312 },
    { party: 'bank-a', feature: 'Amount', bins: 6, iv: 0.1233 },
  ],
  labelFunctionals: 39,
  scoresReleased: 1260,
};

const parcel = (from: string, to: string, bytes: number, digit: string) => ({
  from,
  to,
  bytes,
  digest: digit.repeat(64),
  timings: [
    { step: 'open', ms: 0.2 },
    { step: 'seal', ms: 31 },
    { step: 'encrypt', ms: 1204 },
  ],
});

/** The third iteration, waiting for the platform's gradients. */
export const fittingRound: RoundView = {
  sum: 4,
  purpose: 'fitting',
  round: 3,
  phase: 'collecting',
  startedMs: submittedMs,
  agreedMs: 0,
  parameterSet: '',
  parameters: '',
  keyHolders: ['bank-a', 'platform-x'],
  survivors: [],
  survivorSignatures: 0,
  valueCount: 0,
  sumDigest: '',
  sumBytes: 0,
  addMs: 0,
  verification: 'pending',
  fingerprint: '',
  metrics: [],
  participants: [
    {
      name: 'bank-a',
      state: 'sent',
      timings: [{ step: 'multiply', ms: 339 }],
      bytesUp: 184_736,
      digest: '',
      fingerprint: '',
    },
    { name: 'platform-x', state: 'working', timings: [], bytesUp: 138_240, digest: '', fingerprint: '' },
  ],
  waitingFor: ['platform-x to send its masked gradients to bank-a'],
  steps: [
    {
      step: 14,
      level: 0,
      name: 'terms',
      startedMs: submittedMs,
      endedMs: submittedMs + 921,
      parcels: [parcel('bank-a', 'platform-x', 92_364, 'a'), parcel('platform-x', 'bank-a', 138_240, 'b')],
      waitingFor: [],
    },
    {
      step: 15,
      level: 0,
      name: 'products',
      startedMs: submittedMs + 921,
      endedMs: 0,
      parcels: [parcel('bank-a', 'platform-x', 92_264, 'c')],
      waitingFor: ['platform-x to send its masked gradients to bank-a'],
    },
  ],
  leftOut: [],
  needed: 0,
  level: 0,
};

/** The part of a joint model that stays at the bank; figures are invented. */
export const bankPart: VerticalRow = {
  mode: 'vertical',
  jobId,
  name: 'pair-scorecard',
  type: 'training',
  me: 'bank-a',
  labelHolder: 'bank-a',
  parties: ['bank-a', 'platform-x'],
  rows: { own: 4231, common: 3808, train: 3048, heldOut: 760, calibrate: 500 },
  features: [
    {
      party: 'bank-a',
      feature: 'Amount',
      iv: 0.1233,
      band: 'medium',
      count: 3,
      rows: [1000, 2000, 48],
      woe: [-0.36, 0.2, 0.7937],
      labels: ['<= 800', '> 800', 'missing'],
    },
    { party: 'platform-x', feature: 'Seniority', iv: 0.5312, band: 'suspect', count: 6 },
  ],
  coefficients: [
    { name: 'Amount', coefficient: 1.0748, standardError: 0.1382, z: 7.777, pValue: 7.5e-15, vif: 1.1304 },
  ],
  leftOut: ['Debt'],
  evaluation: { ...sampleGain, calibration: { ...sampleGain.calibration, bads: 140 }, calibratedApart: true },
  scaling: { base: 600, odds: 20, pdo: 20 },
  labelFunctionals: 39,
  scoresReleased: 1260,
  fingerprint: '34'.repeat(32),
  savedMs: submittedMs + 0.25,
};
