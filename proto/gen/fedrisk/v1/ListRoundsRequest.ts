// Original file: proto/fedrisk/v1/jobs.proto


export interface ListRoundsRequest {
  'jobId'?: (string);
  'from'?: (number);
}

export interface ListRoundsRequest__Output {
  'jobId': (string);
  'from': (number);
}
