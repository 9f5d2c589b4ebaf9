// Original file: proto/fedrisk/v1/jobs.proto

import type { Party as _fedrisk_v1_Party, Party__Output as _fedrisk_v1_Party__Output } from '../../fedrisk/v1/Party.js';

export interface ListPartiesResponse {
  'parties'?: (_fedrisk_v1_Party)[];
}

export interface ListPartiesResponse__Output {
  'parties': (_fedrisk_v1_Party__Output)[];
}
