import type { Metric } from '../../contract/index.js';

/** Of each metric the value of the latest model. */
export function latestMetrics(metrics: readonly Metric[]): Metric[] {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) {
    if ((latest.get(metric.name)?.round ?? -1) <= metric.round) latest.set(metric.name, metric);
  }
  return [...latest.values()];
}
