// Original file: proto/fedrisk/v1/transcript.proto


export interface RosterSignature {
  'rosterDigest'?: (string);
  'commitmentsDigest'?: (string);
}

export interface RosterSignature__Output {
  'rosterDigest': (string);
  'commitmentsDigest': (string);
}
