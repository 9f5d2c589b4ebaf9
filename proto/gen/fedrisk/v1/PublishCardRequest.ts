// Original file: proto/fedrisk/v1/participant.proto

import type { Card as _fedrisk_v1_Card, Card__Output as _fedrisk_v1_Card__Output } from '../../fedrisk/v1/Card.js';

export interface PublishCardRequest {
  'card'?: (_fedrisk_v1_Card | null);
}

export interface PublishCardRequest__Output {
  'card': (_fedrisk_v1_Card__Output | null);
}
