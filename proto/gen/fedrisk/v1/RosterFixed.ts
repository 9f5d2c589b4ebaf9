// Original file: proto/fedrisk/v1/transcript.proto


export interface RosterFixed {
  'rosterDigest'?: (string);
}

export interface RosterFixed__Output {
  'rosterDigest': (string);
}
