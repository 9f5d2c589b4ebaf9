import type { DemoReport, JobReport } from '../../../learning/report/index.js';
import { sampleVertical } from './sample-vertical.js';

const names = ['bank-a', 'bank-b', 'platform-x'];
const each = <T>(give: (name: string, i: number) => T): Record<string, T> =>
  Object.fromEntries(names.map((name, i) => [name, give(name, i)]));

/** A job with rounds that rise like real ones; figures are invented. */
export function sampleJob(name: string, model: string, rounds: number): JobReport {
  const auc = (round: number) => 0.822 - 0.19 * Math.exp(-round / 3);
  return {
    name,
    mode: 'horizontal',
    model,
    algorithm: 'fedavg',
    status: 'finished',
    rounds,
    bestRound: rounds,
    joint: { auc: auc(rounds), ks: 0.51 },
    solo: each((_, i) => ({ auc: 0.789 + i * 0.006, ks: 0.45 + i * 0.011 })),
    onOwnRows: each((_, i) => ({
      rows: 297 - i,
      solo: { auc: 0.785 + i * 0.006, ks: 0.44 },
      joint: { auc: i === 1 ? 0.781 : 0.82, ks: 0.5 },
    })),
    bytesUp: each((_, i) => 414_720 + i),
    bytesDown: each(() => 1_048_576),
    stepSeconds: each((_, i) => ({ train: 3.2 + i, encrypt: 0.21, upload: 0.05, decrypt: 0.03 })),
    encryption: {
      scheme: 'BFV',
      n: 2048,
      logQ: 54,
      t: 4294955009,
      keyHolders: names,
      others: [{ purpose: 'moments', parameters: 'BFV N=4096 log q=36+36+17 t=1125899906826241' }],
    },
    modelFingerprints: each(() => '5f2b'.repeat(16)),
    perRound: Array.from({ length: rounds }, (_, i) => ({
      round: i + 1,
      auc: auc(i + 1),
      ks: auc(i + 1) - 0.31,
      trainLoss: 0.41 + 0.28 * Math.exp(-i / 4),
      seconds: 0.9 + (i % 3) * 0.1,
      verification: 'verified',
    })),
    seconds: rounds * 1.1,
  };
}

export function sampleReport(): DemoReport {
  return {
    title: 'Joint credit model of bank-a, bank-b and platform-x',
    data: 'credit_data, 4,454 applications (MIT licence); rows dealt by id mod 3, test rows id mod 5 = 0.',
    vertical: [sampleVertical()],
    jobs: [sampleJob('credit-logistic', 'logistic', 12), sampleJob('credit-mlp', 'mlp', 15)],
    totals: { seconds: 48.3, bytesUp: each(() => 829_440) },
  };
}
