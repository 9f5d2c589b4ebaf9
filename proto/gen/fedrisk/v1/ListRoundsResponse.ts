// Original file: proto/fedrisk/v1/jobs.proto

import type { RoundView as _fedrisk_v1_RoundView, RoundView__Output as _fedrisk_v1_RoundView__Output } from '../../fedrisk/v1/RoundView.js';

export interface ListRoundsResponse {
  'rounds'?: (_fedrisk_v1_RoundView)[];
  'next'?: (number);
}

export interface ListRoundsResponse__Output {
  'rounds': (_fedrisk_v1_RoundView__Output)[];
  'next': (number);
}
