// Original file: proto/fedrisk/v1/participant.proto


export interface PostAllResponse {
  'indexes'?: (number)[];
}

export interface PostAllResponse__Output {
  'indexes': (number)[];
}
