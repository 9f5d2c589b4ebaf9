// Original file: proto/fedrisk/v1/participant.proto

import type { Long } from '@grpc/proto-loader';

export interface UploadResponse {
  'receivedBytes'?: (number | string | Long);
  'complete'?: (boolean);
}

export interface UploadResponse__Output {
  'receivedBytes': (number);
  'complete': (boolean);
}
