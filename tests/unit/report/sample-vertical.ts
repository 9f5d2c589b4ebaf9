import type { JointGain, PhaseReport, VerticalReport } from '../../../learning/report/index.js';

const interval = (value: number, half: number) => ({
  value,
  low: value - half,
  high: value + half,
  level: 0.95,
});

const measured = (auc: number, ks: number, brier: number) => ({
  metrics: { auc, ks, gini: 2 * auc - 1, brier, logLoss: 3 * brier, rows: 800, positives: 200 },
  auc: interval(auc, 0.03),
  ks: interval(ks, 0.06),
});

/** Figures are invented; bands and lift add up. */
export const sampleGain: JointGain = {
  rows: 800,
  bad: 200,
  calibration: { slope: 1.6, intercept: 0.2, rows: 500 },
  joint: measured(0.81, 0.5, 0.15),
  solo: measured(0.71, 0.34, 0.18),
  aucGain: { ...interval(0.1, 0.033), pValue: 0.00321 },
  ksGain: interval(0.16, 0.08),
  swaps: [
    {
      approval: 0.7,
      bothApprove: { rows: 500, bads: 60, badRate: 0.12 },
      swapIn: { rows: 60, bads: 12, badRate: 0.2 },
      swapOut: { rows: 60, bads: 30, badRate: 0.5 },
      bothDecline: { rows: 180, bads: 98, badRate: 98 / 180 },
      badRate: { bank: 0.1607, joint: 0.1286 },
    },
    {
      approval: 0.99,
      bothApprove: { rows: 790, bads: 195, badRate: 195 / 790 },
      swapIn: null,
      swapOut: null,
      bothDecline: { rows: 6, bads: 5, badRate: 5 / 6 },
      badRate: { bank: null, joint: null },
    },
  ],
  bands: [
    {
      from: 570.4,
      to: 651.2,
      rows: 400,
      share: 0.5,
      bads: 40,
      badRate: 0.1,
      cumulativeApproval: 0.5,
      cumulativeBadCapture: 1,
    },
    {
      from: 402.7,
      to: 569.9,
      rows: 400,
      share: 0.5,
      bads: 160,
      badRate: 0.4,
      cumulativeApproval: 1,
      cumulativeBadCapture: 0.8,
    },
  ],
  lift: [
    {
      band: 1,
      rows: 400,
      bads: 160,
      badRate: 0.4,
      lift: 1.6,
      gain: 0.8,
      cumulativeLift: 1.6,
      meanProbability: 0.43,
    },
    {
      band: 2,
      rows: 400,
      bads: 40,
      badRate: 0.1,
      lift: 0.4,
      gain: 1,
      cumulativeLift: 1,
      meanProbability: 0.09,
    },
  ],
};

function phase(name: string, iteration = 0): PhaseReport {
  const each = <T>(bank: T, platform: T) => ({ 'bank-a': bank, 'platform-x': platform });
  return { phase: name, iteration, seconds: 0.5, bytes: each(200_000, 300_000), work: each(0.2, 0.3) };
}

const coefficient = (name: string, value: number, pValue: number) => ({
  name,
  coefficient: value,
  standardError: 0.1,
  z: value / 0.1,
  pValue,
  vif: 1.1,
});

export function sampleVertical(): VerticalReport {
  return {
    name: 'pair-scorecard',
    status: 'finished',
    data: 'invented customers',
    labelHolder: 'bank-a',
    parties: [
      { name: 'bank-a', customers: 4200, features: 2, coefficients: [coefficient('Amount', 1.07, 1e-9)] },
      {
        name: 'platform-x',
        customers: 4000,
        features: 1,
        coefficients: [coefficient('Income', -0.9, 0.0123)],
      },
    ],
    rows: { common: 3800, train: 3000, heldOut: 800, calibrate: 500 },
    evaluation: sampleGain,
    features: [
      { party: 'bank-a', feature: 'Amount', bins: 6, iv: 0.1234, band: 'medium' },
      { party: 'bank-a', feature: 'Debt', bins: 3, iv: 0.0005, band: 'useless' },
      { party: 'platform-x', feature: 'Income', bins: 7, iv: 0.3848, band: 'strong' },
    ],
    scaling: { base: 600, odds: 20, pdo: 20 },
    phases: [phase('aligning'), phase('binning'), phase('fitting', 1), phase('fitting', 2), phase('scoring')],
    labels: { released: 39, budget: 84 },
    scoresReleased: 1300,
    batch: {
      name: 'pair-scorecard-scores',
      customers: 3800,
      seconds: 2.1,
      bytes: { 'bank-a': 190_000, 'platform-x': 180_000 },
      file: 'out/demo/scores.csv',
    },
    seconds: 12.3,
  };
}
