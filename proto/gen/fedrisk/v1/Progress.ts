// Original file: proto/fedrisk/v1/participant.proto


export interface Progress {
  'jobId'?: (string);
  'sum'?: (number);
  'step'?: (string);
  'fraction'?: (number | string);
}

export interface Progress__Output {
  'jobId': (string);
  'sum': (number);
  'step': (string);
  'fraction': (number);
}
