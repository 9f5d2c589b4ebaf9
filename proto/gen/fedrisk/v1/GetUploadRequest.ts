// Original file: proto/fedrisk/v1/participant.proto


export interface GetUploadRequest {
  'jobId'?: (string);
  'sum'?: (number);
  'digest'?: (string);
  'to'?: (string);
}

export interface GetUploadRequest__Output {
  'jobId': (string);
  'sum': (number);
  'digest': (string);
  'to': (string);
}
