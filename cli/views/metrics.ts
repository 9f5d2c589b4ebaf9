import type { Metric } from '../client.js';
import { formatMetric } from '../text/units.js';

const metricLabels: Readonly<Record<string, string>> = {
  auc: 'AUC',
  ks: 'KS',
  gini: 'Gini',
  brier: 'Brier',
  logLoss: 'log loss',
  trainLoss: 'train loss',
  rows: 'rows',
};

/** One line a round: `round 3: AUC 0.7712  KS 0.4120`. Metrics of a round may arrive in different sums. */
export function metricLines(metrics: readonly Metric[]): string[] {
  const rounds = [...new Set(metrics.map(({ round }) => round))].sort((a, b) => a - b);
  return rounds.map(
    (round) => `round ${round}: ${metricWords(metrics.filter((metric) => metric.round === round))}`,
  );
}

/** `AUC 0.7712, KS 0.4120`. */
export function metricWords(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, value }) => `${metricLabels[name] ?? name} ${formatMetric(name, value)}`)
    .join(', ');
}
