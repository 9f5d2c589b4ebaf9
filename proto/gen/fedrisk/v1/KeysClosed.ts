// Original file: proto/fedrisk/v1/transcript.proto


export interface KeysClosed {
  'firstSum'?: (number);
  'without'?: (string)[];
}

export interface KeysClosed__Output {
  'firstSum': (number);
  'without': (string)[];
}
