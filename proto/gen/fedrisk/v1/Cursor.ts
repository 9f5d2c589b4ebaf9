// Original file: proto/fedrisk/v1/participant.proto


export interface Cursor {
  'jobId'?: (string);
  'nextIndex'?: (number);
}

export interface Cursor__Output {
  'jobId': (string);
  'nextIndex': (number);
}
