// Original file: proto/fedrisk/v1/transcript.proto

import type { NextStep as _fedrisk_v1_NextStep, NextStep__Output as _fedrisk_v1_NextStep__Output } from '../../fedrisk/v1/NextStep.js';
import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from '../../fedrisk/v1/Metric.js';
import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from '../../fedrisk/v1/Timing.js';

export interface Applied {
  'sum'?: (number);
  'sumDigest'?: (string);
  'fingerprint'?: (string);
  'next'?: (_fedrisk_v1_NextStep | null);
  'metrics'?: (_fedrisk_v1_Metric)[];
  'timings'?: (_fedrisk_v1_Timing)[];
}

export interface Applied__Output {
  'sum': (number);
  'sumDigest': (string);
  'fingerprint': (string);
  'next': (_fedrisk_v1_NextStep__Output | null);
  'metrics': (_fedrisk_v1_Metric__Output)[];
  'timings': (_fedrisk_v1_Timing__Output)[];
}
