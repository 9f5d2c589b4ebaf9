import { CodedError } from '../../contract/index.js';
import { assignBins, countRows, type Drift, driftIndex, type FeatureTable } from '../../learning/index.js';
import { columnAt } from './features.js';
import type { ModelPart, VerticalModel } from './model.js';

/** Share of rows that lack a value, or have one unknown to the model, beyond the share that lacked one in training. */
const largestUnknownShare = 0.25;

/** How the rows to score differ from those that trained, feature by feature (CSI). */
export interface FeatureDrift extends Drift {
  readonly feature: string;
  /** Rows with a value that no bin was made for. */
  readonly unknown: number;
}

/** @throws {CodedError} SCHEMA_DRIFT naming features whose values the model mostly does not know. */
export function refuseDrift(model: ModelPart, table: FeatureTable, rows: Uint32Array): void {
  const strange = Object.entries(model.features).flatMap(([name, feature]) => {
    const assigned = assignBins(columnAt(table, name, rows), feature.bins);
    const counted = countRows(assigned, feature.rows.length);
    const lacking = (counts: readonly number[]) => (feature.bins.missing ? counts.at(-1)! : 0);
    const trained = lacking(feature.rows) / Math.max(1, sum(feature.rows));
    const now = (lacking(counted.rows) + counted.unknown) / Math.max(1, rows.length);
    // The text reaches all parties: how many values are missing among rows that a label holder chose stays here.
    return now - trained > largestUnknownShare ? [name] : [];
  });
  if (strange.length > 0) {
    throw new CodedError(
      'SCHEMA_DRIFT',
      `${model.me}: values are missing or unknown to the model far more often than in training: ${strange.join(', ')}`,
      { parties: [model.me] },
    );
  }
}

/** The same rows as numbers, for the owner's report. */
export function featureDrift(model: VerticalModel, table: FeatureTable, rows: Uint32Array): FeatureDrift[] {
  return Object.entries(model.features).map(([feature, { bins, rows: trained }]) => {
    const counted = countRows(assignBins(columnAt(table, feature, rows), bins), trained.length);
    return {
      feature,
      unknown: counted.unknown,
      ...driftIndex([...trained, 0], [...counted.rows, counted.unknown]),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
