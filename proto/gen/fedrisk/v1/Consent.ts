// Original file: proto/fedrisk/v1/transcript.proto


export interface Consent {
  'specDigest'?: (string);
  'approved'?: (boolean);
  'code'?: (string);
  'detail'?: (string);
}

export interface Consent__Output {
  'specDigest': (string);
  'approved': (boolean);
  'code': (string);
  'detail': (string);
}
