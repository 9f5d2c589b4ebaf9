// Original file: proto/fedrisk/v1/transcript.proto


export interface RecoveryAsked {
  'sum'?: (number);
  'missing'?: (string)[];
}

export interface RecoveryAsked__Output {
  'sum': (number);
  'missing': (string)[];
}
