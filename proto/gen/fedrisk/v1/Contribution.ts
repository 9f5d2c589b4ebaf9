// Original file: proto/fedrisk/v1/transcript.proto

import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from '../../fedrisk/v1/Timing.js';
import type { Long } from '@grpc/proto-loader';

export interface Contribution {
  'sum'?: (number);
  'purpose'?: (string);
  'round'?: (number);
  'valueCount'?: (number);
  'parameterSet'?: (string);
  'digest'?: (string);
  'bytes'?: (number | string | Long);
  'timings'?: (_fedrisk_v1_Timing)[];
  'keyed'?: (string);
}

export interface Contribution__Output {
  'sum': (number);
  'purpose': (string);
  'round': (number);
  'valueCount': (number);
  'parameterSet': (string);
  'digest': (string);
  'bytes': (number);
  'timings': (_fedrisk_v1_Timing__Output)[];
  'keyed': (string);
}
