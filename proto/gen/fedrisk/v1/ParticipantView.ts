// Original file: proto/fedrisk/v1/jobs.proto

import type { Long } from '@grpc/proto-loader';

export interface ParticipantView {
  'name'?: (string);
  'organisation'?: (string);
  'kind'?: (string);
  'connected'?: (boolean);
  'state'?: (string);
  'fraction'?: (number | string);
  'bytesUp'?: (number | string | Long);
  'bytesDown'?: (number | string | Long);
  'code'?: (string);
  'detail'?: (string);
  'backend'?: (string);
}

export interface ParticipantView__Output {
  'name': (string);
  'organisation': (string);
  'kind': (string);
  'connected': (boolean);
  'state': (string);
  'fraction': (number);
  'bytesUp': (number);
  'bytesDown': (number);
  'code': (string);
  'detail': (string);
  'backend': (string);
}
