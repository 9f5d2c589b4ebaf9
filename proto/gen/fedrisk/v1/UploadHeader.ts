// Original file: proto/fedrisk/v1/participant.proto

import type { Long } from '@grpc/proto-loader';

export interface UploadHeader {
  'jobId'?: (string);
  'sum'?: (number);
  'digest'?: (string);
  'bytes'?: (number | string | Long);
  'offset'?: (number | string | Long);
  'to'?: (string);
}

export interface UploadHeader__Output {
  'jobId': (string);
  'sum': (number);
  'digest': (string);
  'bytes': (number);
  'offset': (number);
  'to': (string);
}
