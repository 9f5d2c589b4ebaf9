// Original file: proto/fedrisk/v1/jobs.proto

import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from '../../fedrisk/v1/Metric.js';
import type { RoundParticipant as _fedrisk_v1_RoundParticipant, RoundParticipant__Output as _fedrisk_v1_RoundParticipant__Output } from '../../fedrisk/v1/RoundParticipant.js';
import type { StepView as _fedrisk_v1_StepView, StepView__Output as _fedrisk_v1_StepView__Output } from '../../fedrisk/v1/StepView.js';
import type { Long } from '@grpc/proto-loader';

export interface RoundView {
  'sum'?: (number);
  'purpose'?: (string);
  'round'?: (number);
  'phase'?: (string);
  'startedMs'?: (number | string | Long);
  'agreedMs'?: (number | string | Long);
  'parameterSet'?: (string);
  'parameters'?: (string);
  'keyHolders'?: (string)[];
  'survivors'?: (string)[];
  'survivorSignatures'?: (number);
  'valueCount'?: (number);
  'sumDigest'?: (string);
  'sumBytes'?: (number | string | Long);
  'addMs'?: (number | string);
  'verification'?: (string);
  'fingerprint'?: (string);
  'metrics'?: (_fedrisk_v1_Metric)[];
  'participants'?: (_fedrisk_v1_RoundParticipant)[];
  'waitingFor'?: (string)[];
  'steps'?: (_fedrisk_v1_StepView)[];
  'leftOut'?: (string)[];
  'needed'?: (number);
  'level'?: (number);
}

export interface RoundView__Output {
  'sum': (number);
  'purpose': (string);
  'round': (number);
  'phase': (string);
  'startedMs': (number);
  'agreedMs': (number);
  'parameterSet': (string);
  'parameters': (string);
  'keyHolders': (string)[];
  'survivors': (string)[];
  'survivorSignatures': (number);
  'valueCount': (number);
  'sumDigest': (string);
  'sumBytes': (number);
  'addMs': (number);
  'verification': (string);
  'fingerprint': (string);
  'metrics': (_fedrisk_v1_Metric__Output)[];
  'participants': (_fedrisk_v1_RoundParticipant__Output)[];
  'waitingFor': (string)[];
  'steps': (_fedrisk_v1_StepView__Output)[];
  'leftOut': (string)[];
  'needed': (number);
  'level': (number);
}
