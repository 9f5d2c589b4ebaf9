// Original file: proto/fedrisk/v1/transcript.proto


export interface Timing {
  'step'?: (string);
  'ms'?: (number | string);
}

export interface Timing__Output {
  'step': (string);
  'ms': (number);
}
