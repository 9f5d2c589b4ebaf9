import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LearnerState } from '../../../participant/training/index.js';

/** Log-odds and outcome of one held-out row. */
export interface Scored {
  readonly score: number;
  readonly bad: boolean;
}

export type Quality = Record<'auc' | 'ks' | 'gini' | 'brier' | 'logLoss', number>;

/** Scores between which nothing is tied: plain numbers from weights and the CSV file, without grid, tensors or tables. */
export function plainScores(state: LearnerState, datasetFile: string): Scored[] {
  const text = readFileSync(join(dirname(datasetFile), 'credit-loans.csv'), 'utf8');
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const columns = header.split(',');
  const { features } = state.encoding!;
  const { weights } = state.model!;
  const bias = weights[weights.length - 1]!;
  return lines
    .map((line) => new Map(line.split(',').map((cell, at) => [columns[at], cell])))
    .filter((row) => Number(row.get('id')) % 5 === 0)
    .map((row) => {
      let score = bias;
      let at = 0;
      for (const feature of features) {
        if (feature.kind !== 'number') throw new Error(`${feature.name}: numbers only`);
        const { bound, mean, deviation, missing } = feature;
        const cell = row.get(feature.name) ?? '';
        const absent = cell === '' || cell === 'NA';
        const value = Math.min(bound, Math.max(-bound, Number(cell)));
        const z = absent ? 0 : Math.min(8, Math.max(-8, (value - mean) / deviation));
        if (deviation > 0) score += weights[at++]! * z;
        if (missing) score += weights[at++]! * (absent ? 1 : 0);
      }
      return { score, bad: row.get('y') === '1' };
    });
}

/** By the definitions: AUC over all pairs of a bad and a good row, KS over all thresholds, means of losses. */
export function plainQuality(rows: readonly Scored[]): Quality {
  const bads = rows.filter(({ bad }) => bad).map(({ score }) => score);
  const goods = rows.filter(({ bad }) => !bad).map(({ score }) => score);
  let wins = 0;
  for (const bad of bads) for (const good of goods) wins += bad > good ? 1 : bad === good ? 0.5 : 0;
  const auc = wins / (bads.length * goods.length);
  const share = (scores: readonly number[], limit: number) =>
    scores.filter((score) => score <= limit).length / scores.length;
  const ks = Math.max(...rows.map(({ score }) => Math.abs(share(goods, score) - share(bads, score))));
  const probability = ({ score }: Scored) => 1 / (1 + Math.exp(-score));
  const mean = (loss: (row: Scored) => number) => rows.reduce((sum, row) => sum + loss(row), 0) / rows.length;
  return {
    auc,
    ks,
    gini: 2 * auc - 1,
    brier: mean((row) => (probability(row) - Number(row.bad)) ** 2),
    logLoss: mean((row) => -Math.log(row.bad ? probability(row) : 1 - probability(row))),
  };
}
