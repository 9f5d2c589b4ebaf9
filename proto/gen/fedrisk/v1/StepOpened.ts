// Original file: proto/fedrisk/v1/transcript.proto

import type { Long } from '@grpc/proto-loader';

export interface StepOpened {
  'step'?: (number);
  'name'?: (string);
  'round'?: (number);
  'deadlineMs'?: (number | string | Long);
}

export interface StepOpened__Output {
  'step': (number);
  'name': (string);
  'round': (number);
  'deadlineMs': (number);
}
