// Original file: proto/fedrisk/v1/participant.proto

import type { SealedScore as _fedrisk_v1_SealedScore, SealedScore__Output as _fedrisk_v1_SealedScore__Output } from '../../fedrisk/v1/SealedScore.js';

export interface ScoreAnswer {
  'requestId'?: (string);
  'sealed'?: (_fedrisk_v1_SealedScore | null);
  'code'?: (string);
}

export interface ScoreAnswer__Output {
  'requestId': (string);
  'sealed': (_fedrisk_v1_SealedScore__Output | null);
  'code': (string);
}
