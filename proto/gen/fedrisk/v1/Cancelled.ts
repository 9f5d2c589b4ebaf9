// Original file: proto/fedrisk/v1/transcript.proto


export interface Cancelled {
  'by'?: (string);
  'reason'?: (string);
}

export interface Cancelled__Output {
  'by': (string);
  'reason': (string);
}
