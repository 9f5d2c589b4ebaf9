// Original file: proto/fedrisk/v1/jobs.proto

import type { RoundView as _fedrisk_v1_RoundView, RoundView__Output as _fedrisk_v1_RoundView__Output } from '../../fedrisk/v1/RoundView.js';

export interface GetRoundResponse {
  'round'?: (_fedrisk_v1_RoundView | null);
}

export interface GetRoundResponse__Output {
  'round': (_fedrisk_v1_RoundView__Output | null);
}
