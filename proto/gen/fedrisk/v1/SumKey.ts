// Original file: proto/fedrisk/v1/transcript.proto


export interface SumKey {
  'maskKey'?: (string);
  'selfCommitment'?: (string);
}

export interface SumKey__Output {
  'maskKey': (string);
  'selfCommitment': (string);
}
