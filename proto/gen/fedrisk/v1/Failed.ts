// Original file: proto/fedrisk/v1/transcript.proto


export interface Failed {
  'code'?: (string);
  'detail'?: (string);
  'parties'?: (string)[];
}

export interface Failed__Output {
  'code': (string);
  'detail': (string);
  'parties': (string)[];
}
