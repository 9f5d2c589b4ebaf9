// Original file: proto/fedrisk/v1/jobs.proto

import type { JobView as _fedrisk_v1_JobView, JobView__Output as _fedrisk_v1_JobView__Output } from '../../fedrisk/v1/JobView.js';

export interface GetJobResponse {
  'job'?: (_fedrisk_v1_JobView | null);
  'specJson'?: (string);
}

export interface GetJobResponse__Output {
  'job': (_fedrisk_v1_JobView__Output | null);
  'specJson': (string);
}
