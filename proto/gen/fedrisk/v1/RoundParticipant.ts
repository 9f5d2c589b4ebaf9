// Original file: proto/fedrisk/v1/jobs.proto

import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from '../../fedrisk/v1/Timing.js';
import type { Long } from '@grpc/proto-loader';

export interface RoundParticipant {
  'name'?: (string);
  'state'?: (string);
  'timings'?: (_fedrisk_v1_Timing)[];
  'bytesUp'?: (number | string | Long);
  'digest'?: (string);
  'fingerprint'?: (string);
}

export interface RoundParticipant__Output {
  'name': (string);
  'state': (string);
  'timings': (_fedrisk_v1_Timing__Output)[];
  'bytesUp': (number);
  'digest': (string);
  'fingerprint': (string);
}
