// Original file: proto/fedrisk/v1/transcript.proto


export interface NextStep {
  'purpose'?: (string);
  'round'?: (number);
  'stopped'?: (string);
  'bestRound'?: (number);
}

export interface NextStep__Output {
  'purpose': (string);
  'round': (number);
  'stopped': (string);
  'bestRound': (number);
}
