// Original file: proto/fedrisk/v1/transcript.proto


export interface FeatureReport {
  'party'?: (string);
  'feature'?: (string);
  'bins'?: (number);
  'iv'?: (number | string);
}

export interface FeatureReport__Output {
  'party': (string);
  'feature': (string);
  'bins': (number);
  'iv': (number);
}
