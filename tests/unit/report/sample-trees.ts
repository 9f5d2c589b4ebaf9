import type { TreeReport, TreesReport } from '../../../learning/report/index.js';
import { sampleGain } from './sample-vertical.js';

/** A course of so many trees, loss falling. */
export function courseOf(trees: number): TreeReport[] {
  return Array.from({ length: trees }, (_, at) => ({
    nodes: [1, 2, 4, at === 0 ? 4 : 8],
    ...(at === 0 ? { ownSplits: 5, partnerSplits: 0 } : { ownSplits: 3, partnerSplits: 4 }),
    ...{ trainingLoss: 0.55 - 0.002 * at, validationLoss: 0.56 - 0.001 * at, auc: 0.7 + 0.001 * at, ks: 0.3 },
  }));
}

export function sampleTrees(): TreesReport {
  return {
    ...{ job: `job-${'1a'.repeat(16)}`, name: 'pair-trees', purpose: 'credit-risk', labelHolder: 'bank-a' },
    parties: [
      { name: 'bank-a', dataset: 'loans', features: 7 },
      { name: 'platform-x', dataset: 'customers', features: 6 },
    ],
    rows: { own: 4231, common: 3808, train: 3048, heldOut: 760, calibrate: 500 },
    groupRows: 20,
    settings: { 'Most trees': '40, of depth 3, each with weight 0.1', Seed: '0' },
    ...{ trees: 3, course: courseOf(4) },
    importance: [
      { party: 'platform-x', feature: 'f2', splits: 9, gain: 60, cover: 300 },
      { party: 'bank-a', feature: 'Amount <b>', splits: 8, gain: 40, cover: 100 },
    ],
    evaluation: sampleGain,
    scaling: { base: 600, odds: 20, pdo: 20 },
    ...{ scoresReleased: 3808, fingerprint: 'ab'.repeat(32), saved: '2026-03-01T10:20:30Z' },
  };
}
