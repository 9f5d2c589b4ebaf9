import type { JobView, RoundView } from '../../../cli/client.js';

const jobId = 'job-1a2b3c4d5e6f708192a3b4c5d6e7f809';
export const submittedMs = Date.UTC(2026, 2, 1, 10, 20, 30);

/** A job in its third round, as a coordinator shows it. */
export const runningJob: JobView = {
  jobId,
  name: 'loan-default',
  state: 'running',
  phase: 'collecting',
  round: 3,
  rounds: 10,
  waitingFor: ['bank-b: upload of its update', 'platform-x: upload of its update'],
  deadlineMs: submittedMs + 1_800_000,
  code: '',
  detail: '',
  metrics: [
    { name: 'auc', round: 2, value: 0.77123 },
    { name: 'ks', round: 2, value: 0.41204 },
  ],
  participants: [
    participant('bank-a', 'Bank A Ltd', 'bank', 'uploaded', 1, 3_145_728),
    participant('bank-b', 'Bank B plc', 'bank', 'training', 0.4, 2_097_152),
    participant('platform-x', '示例电商平台', 'platform', 'encrypting', 0.91, 2_097_152),
  ],
  submitter: 'ann',
  submittedMs,
  endedMs: 0,
  fingerprint: 'ab'.repeat(32),
  bestRound: 2,
  specDigest: 'cd'.repeat(32),
  model: 'mlp',
  algorithm: 'fedavg',
  secondsLeft: 72,
  parties: [],
  mode: 'horizontal',
  type: '',
  labelHolder: '',
  features: [],
  labelFunctionals: 0,
  scoresReleased: 0,
  stalledUntilMs: 0,
  level: 0,
  levels: 0,
};

/** The same job when too few are left for its third round: one is away, one has left. */
export const stalledJob: JobView = {
  ...runningJob,
  waitingFor: ['bank-b to upload round 3, not connected (fedrisk participant start)'],
  deadlineMs: submittedMs + 3_600_000,
  stalledUntilMs: submittedMs + 3_600_000,
  secondsLeft: 0,
  participants: [
    participant('bank-a', 'Bank A Ltd', 'bank', 'uploaded', 1, 3_145_728),
    { ...participant('bank-b', 'Bank B plc', 'bank', 'waiting', 0, 2_097_152), connected: false },
    {
      ...participant('bank-c', 'Bank C SE', 'bank', 'left', 0, 2_097_152),
      code: 'TRAINING_FAILED',
      detail: 'the worker stopped',
    },
    participant('platform-x', '示例电商平台', 'platform', 'uploaded', 1, 2_097_152),
  ],
};

export const finishedJob: JobView = {
  ...runningJob,
  state: 'finished',
  phase: '',
  round: 10,
  waitingFor: [],
  deadlineMs: 0,
  endedMs: submittedMs + 95_000,
  secondsLeft: 0,
  parties: ['bank-b'],
  bestRound: 9,
};

export const failedJob: JobView = {
  ...finishedJob,
  state: 'failed',
  round: 0,
  code: 'POLICY_FEATURE',
  detail: 'bank-b: withholds income',
  participants: finishedJob.participants.map((each) =>
    each.name === 'bank-b'
      ? { ...each, state: 'refused', code: 'POLICY_FEATURE', detail: 'withholds income' }
      : each,
  ),
};

export const cancelledJob: JobView = { ...finishedJob, state: 'cancelled', detail: 'ann: wrong dataset' };

export const agreedRound: RoundView = {
  sum: 4,
  purpose: 'update',
  round: 3,
  phase: 'agreed',
  startedMs: submittedMs,
  agreedMs: submittedMs + 4200,
  parameterSet: 'narrow',
  parameters: 'BFV, N 2048, log q 54, t 4293918721',
  keyHolders: ['bank-a', 'bank-b', 'platform-x'],
  survivors: ['bank-a', 'bank-b', 'platform-x'],
  survivorSignatures: 3,
  valueCount: 104_857,
  sumDigest: 'ef'.repeat(32),
  sumBytes: 1_700_000,
  addMs: 31.4,
  verification: 'verified',
  fingerprint: '12'.repeat(32),
  metrics: [
    { name: 'auc', round: 3, value: 0.7812 },
    { name: 'ks', round: 3, value: 0.4233 },
    { name: 'trainLoss', round: 3, value: 0.4311 },
  ],
  participants: ['bank-a', 'bank-b', 'platform-x'].map((name, at) => ({
    name,
    state: 'applied',
    timings: [
      { step: 'queue', ms: 3 },
      { step: 'train', ms: 1200 + at * 341 },
      { step: 'encrypt', ms: 180 },
      { step: 'upload', ms: 77 },
      { step: 'download', ms: 38 },
      { step: 'decrypt', ms: 95 },
      { step: 'apply', ms: 6 },
    ],
    bytesUp: 1_048_576,
    digest: `${at}f`.repeat(32),
    fingerprint: '12'.repeat(32),
  })),
  waitingFor: [],
  steps: [],
  leftOut: [],
  needed: 3,
  level: 0,
};

function participant(
  name: string,
  organisation: string,
  kind: string,
  state: string,
  fraction: number,
  bytesUp: number,
) {
  const bytes = { bytesUp, bytesDown: bytesUp / 2 };
  return {
    name,
    organisation,
    kind,
    connected: true,
    state,
    fraction,
    ...bytes,
    code: '',
    detail: '',
    backend: 'wasm',
  };
}
