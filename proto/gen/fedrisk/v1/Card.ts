// Original file: proto/fedrisk/v1/participant.proto


export interface Card {
  'name'?: (string);
  'organisation'?: (string);
  'kind'?: (string);
  'identityKey'?: (string);
  'certificateFingerprint'?: (string);
  'signature'?: (string);
}

export interface Card__Output {
  'name': (string);
  'organisation': (string);
  'kind': (string);
  'identityKey': (string);
  'certificateFingerprint': (string);
  'signature': (string);
}
