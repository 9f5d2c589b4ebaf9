import { join } from 'node:path';
import type { VerticalType } from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';
import type { CoefficientRow, FeatureBins, Scaling, ValueBand } from '../../learning/index.js';
import type { FeatureImportance } from './boosting/concluding.js';
import type { TreePoint } from './boosting/tree-course.js';
import type { Evaluation } from './evaluation.js';

export interface RowCounts {
  /** Rows of the own dataset. */
  readonly own: number;
  /** Customers common to all participants. */
  readonly common: number;
  readonly train: number;
  readonly heldOut: number;
  /** Training rows whose score parts were released to calibrate on. */
  readonly calibrate: number;
}

/** One feature in the own result; bins and WOE of own features only. */
export interface FeatureResult {
  readonly party: string;
  readonly feature: string;
  readonly iv: number;
  readonly band: ValueBand;
  /** Bins, the one for missing values included. */
  readonly count: number;
  readonly bins?: FeatureBins;
  readonly rows?: readonly number[];
  readonly woe?: readonly number[];
}

/** What a finished vertical job leaves in its folder as result.json, for its participant only. */
export interface VerticalResult {
  readonly format: 'fedrisk/vertical-result/1';
  readonly jobId: string;
  readonly name: string;
  readonly type: VerticalType;
  readonly me: string;
  readonly labelHolder: string;
  readonly parties: readonly string[];
  readonly rows: RowCounts;
  readonly features: readonly FeatureResult[];
  /** Own columns of the fit; absent when no score was released. */
  readonly coefficients?: readonly CoefficientRow[];
  /** Label holder, when scores were released and the held-out rows have both classes. */
  readonly evaluation?: Evaluation;
  readonly scaling?: Scaling;
  /** Boosted trees, and what features contributed to them; a partner's under codes. */
  readonly trees?: number;
  readonly importance?: readonly FeatureImportance[];
  /** Label holder: the trees one by one, and the model after each. */
  readonly course?: readonly TreePoint[];
  readonly labelFunctionals: number;
  readonly scoresReleased: number;
}

export function writeResult(folder: string, result: VerticalResult): void {
  writePrivateFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
}
