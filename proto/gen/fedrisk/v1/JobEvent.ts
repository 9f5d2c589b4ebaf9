// Original file: proto/fedrisk/v1/participant.proto

import type { Event as _fedrisk_v1_Event, Event__Output as _fedrisk_v1_Event__Output } from '../../fedrisk/v1/Event.js';

export interface JobEvent {
  'jobId'?: (string);
  'event'?: (_fedrisk_v1_Event | null);
}

export interface JobEvent__Output {
  'jobId': (string);
  'event': (_fedrisk_v1_Event__Output | null);
}
