// Original file: proto/fedrisk/v1/transcript.proto

import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from '../../fedrisk/v1/Metric.js';
import type { FeatureReport as _fedrisk_v1_FeatureReport, FeatureReport__Output as _fedrisk_v1_FeatureReport__Output } from '../../fedrisk/v1/FeatureReport.js';
import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from '../../fedrisk/v1/Timing.js';

export interface Report {
  'step'?: (number);
  'fingerprint'?: (string);
  'metrics'?: (_fedrisk_v1_Metric)[];
  'features'?: (_fedrisk_v1_FeatureReport)[];
  'labelFunctionals'?: (number);
  'scoresReleased'?: (number);
  'timings'?: (_fedrisk_v1_Timing)[];
  'last'?: (boolean);
}

export interface Report__Output {
  'step': (number);
  'fingerprint': (string);
  'metrics': (_fedrisk_v1_Metric__Output)[];
  'features': (_fedrisk_v1_FeatureReport__Output)[];
  'labelFunctionals': (number);
  'scoresReleased': (number);
  'timings': (_fedrisk_v1_Timing__Output)[];
  'last': (boolean);
}
