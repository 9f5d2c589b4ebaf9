// Original file: proto/fedrisk/v1/transcript.proto

import type { SumKey as _fedrisk_v1_SumKey, SumKey__Output as _fedrisk_v1_SumKey__Output } from '../../fedrisk/v1/SumKey.js';

export interface SumKeys {
  'firstSum'?: (number);
  'keys'?: (_fedrisk_v1_SumKey)[];
}

export interface SumKeys__Output {
  'firstSum': (number);
  'keys': (_fedrisk_v1_SumKey__Output)[];
}
