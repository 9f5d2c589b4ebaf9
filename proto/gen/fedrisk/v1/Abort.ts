// Original file: proto/fedrisk/v1/transcript.proto


export interface Abort {
  'code'?: (string);
  'detail'?: (string);
  'sum'?: (number);
  'party'?: (string);
}

export interface Abort__Output {
  'code': (string);
  'detail': (string);
  'sum': (number);
  'party': (string);
}
