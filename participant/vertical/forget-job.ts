import type { JobId } from '../../contract/index.js';
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
}
