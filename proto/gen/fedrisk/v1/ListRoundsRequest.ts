// Original file: proto/fedrisk/v1/jobs.proto


export interface ListRoundsRequest {
  'jobId'?: (string);
}

export interface ListRoundsRequest__Output {
  'jobId': (string);
}
