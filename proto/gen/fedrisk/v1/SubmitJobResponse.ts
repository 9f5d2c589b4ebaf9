// Original file: proto/fedrisk/v1/jobs.proto


export interface SubmitJobResponse {
  'jobId'?: (string);
  'repeatedKey'?: (boolean);
}

export interface SubmitJobResponse__Output {
  'jobId': (string);
  'repeatedKey': (boolean);
}
