// Original file: proto/fedrisk/v1/jobs.proto

import type { ParcelView as _fedrisk_v1_ParcelView, ParcelView__Output as _fedrisk_v1_ParcelView__Output } from '../../fedrisk/v1/ParcelView.js';
import type { Long } from '@grpc/proto-loader';

export interface StepView {
  'step'?: (number);
  'name'?: (string);
  'startedMs'?: (number | string | Long);
  'endedMs'?: (number | string | Long);
  'parcels'?: (_fedrisk_v1_ParcelView)[];
  'waitingFor'?: (string)[];
  'level'?: (number);
}

export interface StepView__Output {
  'step': (number);
  'name': (string);
  'startedMs': (number);
  'endedMs': (number);
  'parcels': (_fedrisk_v1_ParcelView__Output)[];
  'waitingFor': (string)[];
  'level': (number);
}
