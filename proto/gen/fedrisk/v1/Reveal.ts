// Original file: proto/fedrisk/v1/transcript.proto


export interface Reveal {
  'sum'?: (number);
  'ciphertext'?: (Buffer | Uint8Array | string);
}

export interface Reveal__Output {
  'sum': (number);
  'ciphertext': (Buffer);
}
