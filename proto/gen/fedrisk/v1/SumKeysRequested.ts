// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface SumKeysRequested {
  'firstSum'?: (number);
  'count'?: (number);
  'deadlineMs'?: (number | string | Long);
}

export interface SumKeysRequested__Output {
  'firstSum': (number);
  'count': (number);
  'deadlineMs': (number);
}
