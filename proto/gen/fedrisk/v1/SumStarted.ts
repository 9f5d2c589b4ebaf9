// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface SumStarted {
  'sum'?: (number);
  'purpose'?: (string);
  'round'?: (number);
  'deadlineMs'?: (number | string | Long);
}

export interface SumStarted__Output {
  'sum': (number);
  'purpose': (string);
  'round': (number);
  'deadlineMs': (number);
}
