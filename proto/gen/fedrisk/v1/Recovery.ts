// Original file: proto/fedrisk/v1/transcript.proto


export interface Recovery {
  'sum'?: (number);
  'cause'?: (string);
  'members'?: (string)[];
  'ciphertext'?: (Buffer | Uint8Array | string);
}

export interface Recovery__Output {
  'sum': (number);
  'cause': (string);
  'members': (string)[];
  'ciphertext': (Buffer);
}
