// Original file: proto/fedrisk/v1/transcript.proto

import type { NextStep as _fedrisk_v1_NextStep, NextStep__Output as _fedrisk_v1_NextStep__Output } from '../../fedrisk/v1/NextStep.js';
import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from '../../fedrisk/v1/Metric.js';

export interface SumAgreed {
  'sum'?: (number);
  'fingerprint'?: (string);
  'next'?: (_fedrisk_v1_NextStep | null);
  'metrics'?: (_fedrisk_v1_Metric)[];
}

export interface SumAgreed__Output {
  'sum': (number);
  'fingerprint': (string);
  'next': (_fedrisk_v1_NextStep__Output | null);
  'metrics': (_fedrisk_v1_Metric__Output)[];
}
