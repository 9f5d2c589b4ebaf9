// Original file: proto/fedrisk/v1/participant.proto

import type { Long } from '@grpc/proto-loader';

export interface GetUploadResponse {
  'receivedBytes'?: (number | string | Long);
  'complete'?: (boolean);
}

export interface GetUploadResponse__Output {
  'receivedBytes': (number);
  'complete': (boolean);
}
