import type { JobId } from '../../contract/index.js';
import { forgetHeldTrees } from './boosting/feature-holder.js';
import { forgetHidden } from './boosting/hidden-features.js';
import { forgetLabelTrees } from './boosting/label-holder.js';
import { forgetTreeRows } from './boosting/tree-rows.js';
import { forgetMatrix } from './fit-matrix.js';
import { forgetTerms } from './fitting.js';
import { forgetRows } from './own-rows.js';
import { forgetTrainingRows } from './training-rows.js';

/** Rows and matrices of a job leave memory; a step that needs them makes them again, as after a restart. */
export function forgetJob(jobId: JobId): void {
  forgetRows(jobId);
  forgetTrainingRows(jobId);
  forgetMatrix(jobId);
  forgetTerms(jobId);
  forgetTreeRows(jobId);
  forgetHidden(jobId);
  forgetHeldTrees(jobId);
  forgetLabelTrees(jobId);
}
