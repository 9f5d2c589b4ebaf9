// Original file: proto/fedrisk/v1/transcript.proto


export interface SumSkipped {
  'sum'?: (number);
}

export interface SumSkipped__Output {
  'sum': (number);
}
