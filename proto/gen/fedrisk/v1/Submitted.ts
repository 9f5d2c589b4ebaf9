// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface Submitted {
  'specJson'?: (string);
  'specDigest'?: (string);
  'submitter'?: (string);
  'organisation'?: (string);
  'deadlineMs'?: (number | string | Long);
  'needs'?: (string);
}

export interface Submitted__Output {
  'specJson': (string);
  'specDigest': (string);
  'submitter': (string);
  'organisation': (string);
  'deadlineMs': (number);
  'needs': (string);
}
