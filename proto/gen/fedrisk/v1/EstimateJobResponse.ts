// Original file: proto/fedrisk/v1/jobs.proto

import type { Long } from '@grpc/proto-loader';

export interface EstimateJobResponse {
  'valuesPerRound'?: (number);
  'bytesUpPerRound'?: (number | string | Long);
  'bytesDownPerRound'?: (number | string | Long);
  'protectionSecondsPerRound'?: (number | string);
  'trainingSecondsPerRound'?: (number | string);
  'totalSeconds'?: (number | string);
  'basis'?: (string);
}

export interface EstimateJobResponse__Output {
  'valuesPerRound': (number);
  'bytesUpPerRound': (number);
  'bytesDownPerRound': (number);
  'protectionSecondsPerRound': (number);
  'trainingSecondsPerRound': (number);
  'totalSeconds': (number);
  'basis': (string);
}
