// Original file: proto/fedrisk/v1/participant.proto

import type { Hello as _fedrisk_v1_Hello, Hello__Output as _fedrisk_v1_Hello__Output } from '../../fedrisk/v1/Hello.js';
import type { Heartbeat as _fedrisk_v1_Heartbeat, Heartbeat__Output as _fedrisk_v1_Heartbeat__Output } from '../../fedrisk/v1/Heartbeat.js';
import type { Progress as _fedrisk_v1_Progress, Progress__Output as _fedrisk_v1_Progress__Output } from '../../fedrisk/v1/Progress.js';
import type { ScoreAnswer as _fedrisk_v1_ScoreAnswer, ScoreAnswer__Output as _fedrisk_v1_ScoreAnswer__Output } from '../../fedrisk/v1/ScoreAnswer.js';

export interface SessionRequest {
  'hello'?: (_fedrisk_v1_Hello | null);
  'heartbeat'?: (_fedrisk_v1_Heartbeat | null);
  'progress'?: (_fedrisk_v1_Progress | null);
  'scoreAnswer'?: (_fedrisk_v1_ScoreAnswer | null);
  'body'?: "hello"|"heartbeat"|"progress"|"scoreAnswer";
}

export interface SessionRequest__Output {
  'hello'?: (_fedrisk_v1_Hello__Output | null);
  'heartbeat'?: (_fedrisk_v1_Heartbeat__Output | null);
  'progress'?: (_fedrisk_v1_Progress__Output | null);
  'scoreAnswer'?: (_fedrisk_v1_ScoreAnswer__Output | null);
  'body'?: "hello"|"heartbeat"|"progress"|"scoreAnswer";
}
