// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface Stalled {
  'missing'?: (string)[];
  'deadlineMs'?: (number | string | Long);
}

export interface Stalled__Output {
  'missing': (string)[];
  'deadlineMs': (number);
}
