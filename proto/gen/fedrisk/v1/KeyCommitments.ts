// Original file: proto/fedrisk/v1/transcript.proto


export interface KeyCommitments {
  'heNarrow'?: (string);
  'heWide'?: (string);
  'mac'?: (string);
  'fingerprint'?: (string);
  'reveal'?: (string);
}

export interface KeyCommitments__Output {
  'heNarrow': (string);
  'heWide': (string);
  'mac': (string);
  'fingerprint': (string);
  'reveal': (string);
}
