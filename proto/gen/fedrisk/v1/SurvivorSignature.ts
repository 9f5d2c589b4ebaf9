// Original file: proto/fedrisk/v1/transcript.proto


export interface SurvivorSignature {
  'sum'?: (number);
  'survivorDigest'?: (string);
}

export interface SurvivorSignature__Output {
  'sum': (number);
  'survivorDigest': (string);
}
