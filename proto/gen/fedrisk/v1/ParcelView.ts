// Original file: proto/fedrisk/v1/jobs.proto

import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from '../../fedrisk/v1/Timing.js';
import type { Long } from '@grpc/proto-loader';

export interface ParcelView {
  'from'?: (string);
  'to'?: (string);
  'bytes'?: (number | string | Long);
  'digest'?: (string);
  'timings'?: (_fedrisk_v1_Timing)[];
}

export interface ParcelView__Output {
  'from': (string);
  'to': (string);
  'bytes': (number);
  'digest': (string);
  'timings': (_fedrisk_v1_Timing__Output)[];
}
