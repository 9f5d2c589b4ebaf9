import type { HorizontalSpec, Metric, MetricName, NextStep, SumPurpose } from '../../contract/index.js';
import type { Matrix, SumPart, Table } from '../../learning/index.js';
import type { BinnedData } from './binned-data.js';
import type { LearnerState } from './learner-state.js';
import type { MeasuredModel } from './measured-model.js';

/** A sum of this job, and who is asked for its part. */
export interface SumTask {
  readonly spec: HorizontalSpec;
  readonly purpose: SumPurpose;
  readonly round: number;
  readonly participant: string;
  /** Draws that a participant of trees makes for itself follow from it; 32 bytes. Not needed to absorb a sum. */
  readonly drawKey?: Uint8Array;
}

/** A participant's rows, and their encoded forms once they are known. */
export interface LocalData {
  readonly table: Table;
  /** `under`: the encoding they were made with, as JSON. */
  encoded?: { readonly under: string; readonly train: Matrix; readonly test: Matrix };
  /** The same for trees. */
  binned?: BinnedData;
}

/** The vector that a participant puts into a sum, before protection; it never leaves unprotected. */
export interface Part extends SumPart {
  readonly trainMs: number;
  /** Of an update sum all but the score histogram: what a later round can still use when this one has closed. */
  readonly update?: Float64Array;
  /** Of update and evaluation sums. */
  readonly model?: MeasuredModel;
}

/** What an opened sum leads to: computed alike by every participant. */
export interface Absorbed {
  readonly state: LearnerState;
  readonly next: NextStep;
  /** Everything newly known; only what the spec releases may leave. */
  readonly metrics: readonly Metric[];
}

export function joined(parts: readonly SumPart[]): SumPart {
  const values = new Float64Array(parts.reduce((length, part) => length + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, maxAbs: Math.max(...parts.map((part) => part.maxAbs)) };
}

export function metricsOf(entry: LearnerState['history'][number] | undefined): Metric[] {
  if (entry?.metrics === undefined) return [];
  const { metrics, round } = entry;
  const names = ['auc', 'ks', 'gini', 'brier', 'logLoss'] as const satisfies readonly MetricName[];
  return names.map((name) => ({ name, round, value: rounded(metrics[name]) }));
}

export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
