// Original file: proto/fedrisk/v1/participant.proto


export interface SealedScore {
  'enc'?: (Buffer | Uint8Array | string);
  'ciphertext'?: (Buffer | Uint8Array | string);
  'signature'?: (string);
}

export interface SealedScore__Output {
  'enc': (Buffer);
  'ciphertext': (Buffer);
  'signature': (string);
}
