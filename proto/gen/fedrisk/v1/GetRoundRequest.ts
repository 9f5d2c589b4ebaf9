// Original file: proto/fedrisk/v1/jobs.proto


export interface GetRoundRequest {
  'jobId'?: (string);
  'round'?: (number);
  'sum'?: (number);
  '_sum'?: "sum";
}

export interface GetRoundRequest__Output {
  'jobId': (string);
  'round': (number);
  'sum'?: (number);
  '_sum'?: "sum";
}
