// Original file: proto/fedrisk/v1/participant.proto

import type { Long } from '@grpc/proto-loader';

export interface DownloadRequest {
  'jobId'?: (string);
  'sum'?: (number);
  'offset'?: (number | string | Long);
  'from'?: (string);
}

export interface DownloadRequest__Output {
  'jobId': (string);
  'sum': (number);
  'offset': (number);
  'from': (string);
}
