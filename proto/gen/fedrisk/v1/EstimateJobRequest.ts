// Original file: proto/fedrisk/v1/jobs.proto


export interface EstimateJobRequest {
  'specJson'?: (string);
}

export interface EstimateJobRequest__Output {
  'specJson': (string);
}
