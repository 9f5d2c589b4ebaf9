// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface Consented {
  'deadlineMs'?: (number | string | Long);
}

export interface Consented__Output {
  'deadlineMs': (number);
}
