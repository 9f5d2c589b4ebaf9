// Original file: proto/fedrisk/v1/transcript.proto


export interface Finished {
  'fingerprint'?: (string);
  'rounds'?: (number);
  'bestRound'?: (number);
}

export interface Finished__Output {
  'fingerprint': (string);
  'rounds': (number);
  'bestRound': (number);
}
