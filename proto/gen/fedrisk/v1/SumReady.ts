// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface SumReady {
  'sum'?: (number);
  'digest'?: (string);
  'bytes'?: (number | string | Long);
  'addMs'?: (number | string);
  'deadlineMs'?: (number | string | Long);
}

export interface SumReady__Output {
  'sum': (number);
  'digest': (string);
  'bytes': (number);
  'addMs': (number);
  'deadlineMs': (number);
}
