// Original file: proto/fedrisk/v1/transcript.proto


export interface Revoked {
  'party'?: (string);
}

export interface Revoked__Output {
  'party': (string);
}
