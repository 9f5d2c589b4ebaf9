// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface SurvivorsProposed {
  'sum'?: (number);
  'members'?: (string)[];
  'deadlineMs'?: (number | string | Long);
}

export interface SurvivorsProposed__Output {
  'sum': (number);
  'members': (string)[];
  'deadlineMs': (number);
}
