import { lossOfBad, probabilityOf } from './elementary.js';

/** Quality of scores against labels; bad is the positive class. */
export interface Metrics {
  readonly auc: number;
  readonly ks: number;
  /** 2 AUC - 1. */
  readonly gini: number;
  /** Mean squared error of the probability. */
  readonly brier: number;
  /** Mean cross-entropy, natural logarithm. */
  readonly logLoss: number;
  readonly rows: number;
  readonly positives: number;
}

/** Rows that share one score. */
export interface ScoreGroup {
  readonly logOdds: number;
  readonly bad: number;
  readonly good: number;
}

/**
 * Metrics of groups in ascending order of score. Rows of one group are tied: they count one half in the AUC,
 * and KS is taken between groups only. Undefined when a class is empty: then nothing can be ranked.
 */
export function metricsOfGroups(groups: Iterable<ScoreGroup>): Metrics | undefined {
  const present = [...groups].filter(({ bad, good }) => bad + good > 0);
  const bads = present.reduce((sum, { bad }) => sum + bad, 0);
  const goods = present.reduce((sum, { good }) => sum + good, 0);
  if (bads === 0 || goods === 0) return undefined;
  let badsBelow = 0;
  let goodsBelow = 0;
  let wins = 0;
  let ks = 0;
  let squares = 0;
  let loss = 0;
  for (const { logOdds, bad, good } of present) {
    wins += bad * (goodsBelow + good / 2);
    badsBelow += bad;
    goodsBelow += good;
    ks = Math.max(ks, Math.abs(goodsBelow / goods - badsBelow / bads));
    const probability = probabilityOf(logOdds);
    squares += bad * (1 - probability) * (1 - probability) + good * probability * probability;
    loss += bad * lossOfBad(logOdds) + good * lossOfBad(-logOdds);
  }
  const rows = bads + goods;
  const auc = wins / (bads * goods);
  return { auc, ks, gini: 2 * auc - 1, brier: squares / rows, logLoss: loss / rows, rows, positives: bads };
}

/** Exact metrics of log-odds against labels (1 bad, 0 good), ties handled. */
export function exactMetrics(logOdds: ArrayLike<number>, labels: ArrayLike<number>): Metrics | undefined {
  const byScore = new Map<number, { bad: number; good: number }>();
  for (let row = 0; row < logOdds.length; row++) {
    const score = logOdds[row]!;
    const group = byScore.get(score) ?? { bad: 0, good: 0 };
    byScore.set(score, group);
    if (labels[row] === 1) group.bad++;
    else group.good++;
  }
  return metricsOfGroups(
    [...byScore]
      .map(([score, counts]) => ({ logOdds: score, ...counts }))
      .sort((a, b) => a.logOdds - b.logOdds),
  );
}
