// Original file: proto/fedrisk/v1/jobs.proto

import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from '../../fedrisk/v1/Metric.js';
import type { ParticipantView as _fedrisk_v1_ParticipantView, ParticipantView__Output as _fedrisk_v1_ParticipantView__Output } from '../../fedrisk/v1/ParticipantView.js';
import type { FeatureReport as _fedrisk_v1_FeatureReport, FeatureReport__Output as _fedrisk_v1_FeatureReport__Output } from '../../fedrisk/v1/FeatureReport.js';
import type { Long } from '@grpc/proto-loader';

export interface JobView {
  'jobId'?: (string);
  'name'?: (string);
  'state'?: (string);
  'phase'?: (string);
  'round'?: (number);
  'rounds'?: (number);
  'waitingFor'?: (string)[];
  'deadlineMs'?: (number | string | Long);
  'code'?: (string);
  'detail'?: (string);
  'metrics'?: (_fedrisk_v1_Metric)[];
  'participants'?: (_fedrisk_v1_ParticipantView)[];
  'submitter'?: (string);
  'submittedMs'?: (number | string | Long);
  'endedMs'?: (number | string | Long);
  'fingerprint'?: (string);
  'bestRound'?: (number);
  'specDigest'?: (string);
  'model'?: (string);
  'algorithm'?: (string);
  'secondsLeft'?: (number | string);
  'parties'?: (string)[];
  'mode'?: (string);
  'type'?: (string);
  'labelHolder'?: (string);
  'features'?: (_fedrisk_v1_FeatureReport)[];
  'labelFunctionals'?: (number);
  'scoresReleased'?: (number);
  'stalledUntilMs'?: (number | string | Long);
  'level'?: (number);
  'levels'?: (number);
}

export interface JobView__Output {
  'jobId': (string);
  'name': (string);
  'state': (string);
  'phase': (string);
  'round': (number);
  'rounds': (number);
  'waitingFor': (string)[];
  'deadlineMs': (number);
  'code': (string);
  'detail': (string);
  'metrics': (_fedrisk_v1_Metric__Output)[];
  'participants': (_fedrisk_v1_ParticipantView__Output)[];
  'submitter': (string);
  'submittedMs': (number);
  'endedMs': (number);
  'fingerprint': (string);
  'bestRound': (number);
  'specDigest': (string);
  'model': (string);
  'algorithm': (string);
  'secondsLeft': (number);
  'parties': (string)[];
  'mode': (string);
  'type': (string);
  'labelHolder': (string);
  'features': (_fedrisk_v1_FeatureReport__Output)[];
  'labelFunctionals': (number);
  'scoresReleased': (number);
  'stalledUntilMs': (number);
  'level': (number);
  'levels': (number);
}
