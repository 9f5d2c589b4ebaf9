// Original file: proto/fedrisk/v1/jobs.proto

import type { Long } from '@grpc/proto-loader';

export interface Party {
  'name'?: (string);
  'organisation'?: (string);
  'role'?: (string);
  'status'?: (string);
  'connected'?: (boolean);
  'identityKey'?: (string);
  'certificateFingerprint'?: (string);
  'expiresMs'?: (number | string | Long);
}

export interface Party__Output {
  'name': (string);
  'organisation': (string);
  'role': (string);
  'status': (string);
  'connected': (boolean);
  'identityKey': (string);
  'certificateFingerprint': (string);
  'expiresMs': (number);
}
