// Original file: proto/fedrisk/v1/transcript.proto


export interface Join {
  'specDigest'?: (string);
  'organisation'?: (string);
  'party'?: (string);
  'certificateFingerprint'?: (string);
  'identityKey'?: (string);
  'sealKey'?: (string);
  'backend'?: (string);
}

export interface Join__Output {
  'specDigest': (string);
  'organisation': (string);
  'party': (string);
  'certificateFingerprint': (string);
  'identityKey': (string);
  'sealKey': (string);
  'backend': (string);
}
