// Original file: proto/fedrisk/v1/participant.proto

import type { Welcome as _fedrisk_v1_Welcome, Welcome__Output as _fedrisk_v1_Welcome__Output } from '../../fedrisk/v1/Welcome.js';
import type { JobEvent as _fedrisk_v1_JobEvent, JobEvent__Output as _fedrisk_v1_JobEvent__Output } from '../../fedrisk/v1/JobEvent.js';
import type { Heartbeat as _fedrisk_v1_Heartbeat, Heartbeat__Output as _fedrisk_v1_Heartbeat__Output } from '../../fedrisk/v1/Heartbeat.js';
import type { ScoreQuestion as _fedrisk_v1_ScoreQuestion, ScoreQuestion__Output as _fedrisk_v1_ScoreQuestion__Output } from '../../fedrisk/v1/ScoreQuestion.js';

export interface SessionResponse {
  'welcome'?: (_fedrisk_v1_Welcome | null);
  'event'?: (_fedrisk_v1_JobEvent | null);
  'heartbeat'?: (_fedrisk_v1_Heartbeat | null);
  'scoreQuestion'?: (_fedrisk_v1_ScoreQuestion | null);
  'events'?: (_fedrisk_v1_JobEvent)[];
  'packed'?: (Buffer | Uint8Array | string);
  'body'?: "welcome"|"event"|"heartbeat"|"scoreQuestion";
}

export interface SessionResponse__Output {
  'welcome'?: (_fedrisk_v1_Welcome__Output | null);
  'event'?: (_fedrisk_v1_JobEvent__Output | null);
  'heartbeat'?: (_fedrisk_v1_Heartbeat__Output | null);
  'scoreQuestion'?: (_fedrisk_v1_ScoreQuestion__Output | null);
  'events': (_fedrisk_v1_JobEvent__Output)[];
  'packed': (Buffer);
  'body'?: "welcome"|"event"|"heartbeat"|"scoreQuestion";
}
