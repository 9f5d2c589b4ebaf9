// Original file: proto/fedrisk/v1/participant.proto


export interface PostResponse {
  'index'?: (number);
}

export interface PostResponse__Output {
  'index': (number);
}
